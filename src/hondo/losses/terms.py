"""The table of loss terms: what each reads, and which kind of truth it understands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor

from hondo.core.tables import Table
from hondo.core.truth_kind import TruthKind
from hondo.losses.berhu import berhu_loss
from hondo.losses.chamfer_bins import chamfer_bins_loss
from hondo.losses.distillation import (
    distil_attention_loss,
    distil_feature_loss,
    distil_gradient_loss,
    distil_log_loss,
    distil_ssi_loss,
)
from hondo.losses.edge_gradient import depth_edge_loss, edge_gradient_loss
from hondo.losses.l1 import l1_loss, log_l1_loss
from hondo.losses.relations.ranking import ordinal_loss, ranking_loss
from hondo.losses.relations.virtual_normal import virtual_normal_loss
from hondo.losses.scale_invariant import scale_invariant_loss
from hondo.losses.silog import eigen_loss, silog_loss
from hondo.losses.smoothness import smoothness_loss
from hondo.losses.ssi import ssi_loss


@dataclass(frozen=True, kw_only=True)
class Term:
    """A loss and the names of its arguments.

    depth, depth_gt [m], inv_depth, inv_depth_gt [1/m], is_valid, image; K of the image; pairs of points; bin_centres
    [m] of models that lay bins; where a teacher is there inv_depth_teacher, is_taught, features_teacher, and the
    student's own_features and projected features.
    ``needs``: the truth it compares with; of a sample with less it is not computed. None: it reads no truth.
    """

    function: Callable[..., Float[Tensor, ""]]
    reads: tuple[str, ...]
    needs: TruthKind | None

    def __call__(self, values: Mapping[str, Any], **options: Any) -> Float[Tensor, ""]:
        return self.function(**{name: values[name] for name in self.reads}, **options)


_DEPTH = ("depth", "depth_gt", "is_valid")
_INVERSE = ("inv_depth", "inv_depth_gt", "is_valid")
_TAUGHT = ("inv_depth", "inv_depth_teacher", "is_taught")
_FEATURES = ("features", "features_teacher", "is_taught")
_ATTENTION = ("own_features", "features_teacher", "is_taught")
_METRIC, _SCALE, _RELATIVE = TruthKind.METRIC, TruthKind.UP_TO_SCALE, TruthKind.UP_TO_SCALE_AND_SHIFT

TERMS: Table[Term] = Table(
    "loss term",
    {
        "silog": Term(function=silog_loss, reads=_DEPTH, needs=_METRIC),
        "eigen": Term(function=eigen_loss, reads=_DEPTH, needs=_METRIC),
        "berhu": Term(function=berhu_loss, reads=_DEPTH, needs=_METRIC),
        "l1": Term(function=l1_loss, reads=_DEPTH, needs=_METRIC),
        "log_l1": Term(function=log_l1_loss, reads=_DEPTH, needs=_METRIC),
        "chamfer_bins": Term(function=chamfer_bins_loss, reads=("bin_centres", "depth_gt", "is_valid"), needs=_METRIC),
        "virtual_normal": Term(function=virtual_normal_loss, reads=(*_DEPTH, "K"), needs=_SCALE),
        "scale_invariant": Term(function=scale_invariant_loss, reads=_INVERSE, needs=_SCALE),
        "edge_gradient": Term(function=edge_gradient_loss, reads=(*_INVERSE, "image"), needs=_SCALE),
        "depth_edges": Term(function=depth_edge_loss, reads=_INVERSE, needs=_SCALE),
        "ssi": Term(function=ssi_loss, reads=_INVERSE, needs=_RELATIVE),
        "ranking": Term(function=ranking_loss, reads=_INVERSE, needs=_RELATIVE),
        "ordinal": Term(function=ordinal_loss, reads=("inv_depth", "pairs"), needs=TruthKind.ORDINAL),
        "smoothness": Term(function=smoothness_loss, reads=("inv_depth", "image"), needs=None),
        "distil_log": Term(function=distil_log_loss, reads=_TAUGHT, needs=None),
        "distil_ssi": Term(function=distil_ssi_loss, reads=_TAUGHT, needs=None),
        "distil_gradient": Term(function=distil_gradient_loss, reads=_TAUGHT, needs=None),
        "distil_feature": Term(function=distil_feature_loss, reads=_FEATURES, needs=None),
        "distil_attention": Term(function=distil_attention_loss, reads=_ATTENTION, needs=None),
    },
)
