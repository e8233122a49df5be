"""The terms between views that a config asks for, weighted; and how much each pixel counts in the photometric error."""

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from hondo.losses.views.camera_height import check_height
from hondo.losses.views.flow_consistency import is_moving, rigid_flow
from hondo.losses.views.geometry_consistency import inconsistency
from hondo.losses.views.view_terms import VIEW_TERMS
from hondo.train.objectives.objective_config import SelfSupervisedConfig
from hondo.train.objectives.weighted_terms import check_options, options_of


def check_view_terms(config: SelfSupervisedConfig) -> None:
    """Refuses names that are not in VIEW_TERMS, options of other terms, and a camera height that is not given."""
    terms = {name: VIEW_TERMS[name] for name in config.view_terms}
    check_options(terms, config.view_options, field="objective.view_options")
    if "camera_height" in terms:
        check_height(config.view_options.get("camera_height.metres", 0))


def reads_features(config: SelfSupervisedConfig) -> bool:
    """Whether a term compares features."""
    return any("features" in VIEW_TERMS[name].reads for name, weight in config.view_terms.items() if weight)


def weighted_view_terms(values: Mapping[str, Any], config: SelfSupervisedConfig) -> dict[str, Float[Tensor, ""]]:
    """Each term with a weight above 0, by name."""
    terms = {name: (VIEW_TERMS[name], weight) for name, weight in config.view_terms.items() if weight}
    return {
        name: weight * term(values, **options_of(name, term, config.view_options))
        for name, (term, weight) in terms.items()
    }


@torch.no_grad()
def pixel_weight(values: Mapping[str, Any], config: SelfSupervisedConfig) -> Float[Tensor, "b 1 h w"] | None:
    """The product of the masks ``config.view_masks``, 0..1; None without any.

    geometry: 1 - inconsistency of depth (Bian et al. 2019, eq. 6), of the source that agrees best. flow: 0 where a
    pixel moves by itself to every source that shows it.
    """
    weight = None
    motion = [values[name] for name in ("depth", "T_source_target", "K", "source_K")] if config.view_masks else []
    if "geometry" in config.view_masks:
        differences = inconsistency(*motion, depth_source=values["depth_source"])
        weight = 1 - differences.nan_to_num(1.0).amin(1)
    if "flow" in config.view_masks:
        rigid, is_ahead = rigid_flow(*motion)
        is_used = values["is_matched"] & is_ahead
        moves = is_moving(rigid, values["flow"], is_used) | ~is_used
        is_still = ~(moves.all(1) & is_used.any(1))
        weight = is_still.float() if weight is None else weight * is_still
    return weight
