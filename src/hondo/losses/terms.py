"""The table of loss terms, and what each reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor

from hondo.core.tables import Table
from hondo.losses.berhu import berhu_loss
from hondo.losses.chamfer_bins import chamfer_bins_loss
from hondo.losses.l1 import l1_loss, log_l1_loss
from hondo.losses.scale_invariant import scale_invariant_loss
from hondo.losses.silog import eigen_loss, silog_loss
from hondo.losses.smoothness import smoothness_loss
from hondo.losses.ssi import ssi_loss


@dataclass(frozen=True, kw_only=True)
class Term:
    """A loss and the names of its arguments.

    depth, depth_gt [m], inv_depth, inv_depth_gt [1/m], is_valid, image; bin_centres [m] of models that lay bins.
    """

    function: Callable[..., Float[Tensor, ""]]
    reads: tuple[str, ...]

    def __call__(self, values: Mapping[str, Any]) -> Float[Tensor, ""]:
        return self.function(**{name: values[name] for name in self.reads})


_DEPTH = ("depth", "depth_gt", "is_valid")
_INVERSE = ("inv_depth", "inv_depth_gt", "is_valid")

TERMS: Table[Term] = Table(
    "loss term",
    {
        "silog": Term(function=silog_loss, reads=_DEPTH),
        "eigen": Term(function=eigen_loss, reads=_DEPTH),
        "berhu": Term(function=berhu_loss, reads=_DEPTH),
        "l1": Term(function=l1_loss, reads=_DEPTH),
        "log_l1": Term(function=log_l1_loss, reads=_DEPTH),
        "chamfer_bins": Term(function=chamfer_bins_loss, reads=("bin_centres", "depth_gt", "is_valid")),
        "ssi": Term(function=ssi_loss, reads=_INVERSE),
        "scale_invariant": Term(function=scale_invariant_loss, reads=_INVERSE),
        "smoothness": Term(function=smoothness_loss, reads=("inv_depth", "image")),
    },
)
