"""Learning from known depth."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.sample import Batch
from hondo.core.types import DepthKind
from hondo.geometry.depth_units import invert_depth
from hondo.losses.terms import TERMS
from hondo.models.base.depth_model import DepthModel
from hondo.models.decoders.adaptive_bins import BinnedModel
from hondo.train.objectives.objective import Losses, freeze_norm_statistics
from hondo.train.objectives.objective_config import SupervisedConfig

METRIC_TERMS = ("silog", "eigen", "berhu", "l1", "log_l1")  # these compare metres


class Supervised(nn.Module):
    """The weighted terms of ``config`` over every map of ``model``, the coarser resized to the image's size."""

    def __init__(self, model: DepthModel, config: SupervisedConfig) -> None:
        super().__init__()
        _check(config, model)
        self.model, self.config = model, config

    def train(self, mode: bool = True) -> "Supervised":
        super().train(mode)
        if self.config.freeze_norm:
            freeze_norm_statistics(self)
        return self

    def forward(self, batch: Batch) -> Losses:
        if batch.depth_gt is None or batch.valid is None:
            raise HondoError(
                "supervised training needs depth: this data has none; use the self-supervised recipe 'video'"
            )
        depth_gt, is_valid = batch.depth_gt, batch.valid
        maps, extras = predicted(self.model, batch.image if batch.augmented is None else batch.augmented)
        with torch.autocast(batch.image.device.type, enabled=False):
            truth = {"depth_gt": depth_gt, "inv_depth_gt": inverted(depth_gt, is_valid), "is_valid": is_valid} | extras
            parts: dict[str, Tensor] = {}
            for scale, values in enumerate(maps):
                values = resized(values.float(), batch.image.shape[-2:])
                known = truth | both_units(values, self.model.kind) | {"image": batch.image}
                for name, weight in self.config.terms.items():
                    loss = weight * self.config.scale_decay**scale * TERMS[name](known)
                    parts[name] = parts[name] + loss if name in parts else loss
            total = torch.stack(list(parts.values())).sum()
        return total, {name: part.detach() for name, part in parts.items()}


def predicted(
    model: DepthModel, image: Float[Tensor, "b 3 h w"]
) -> tuple[list[Float[Tensor, "b 1 _ _"]], dict[str, Tensor]]:
    """The maps, and what else terms can read of a model: the centres of its bins [m], where it lays any."""
    if not isinstance(model, BinnedModel):
        return model(image), {}
    maps, centres = model.with_bins(image)
    return maps, {"bin_centres": centres}


def both_units(values: Float[Tensor, "b 1 h w"], kind: DepthKind) -> dict[str, Tensor]:
    """The map as depth and as inverse depth, whichever of the two it is."""
    other = invert_depth(values, not_positive="clamp")
    return {"inv_depth": values, "depth": other} if kind.is_inverse else {"inv_depth": other, "depth": values}


def inverted(depth: Float[Tensor, "b 1 h w"], is_valid: Bool[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 h w"]:
    """1 / depth where it is known, else 1."""
    return invert_depth(torch.where(is_valid, depth, 1), not_positive="clamp")


def resized(values: Float[Tensor, "b 1 _ _"], size_hw: torch.Size) -> Float[Tensor, "b 1 h w"]:
    """Bilinear, in the map's own unit; untouched if it has the size."""
    if values.shape[-2:] == size_hw:
        return values
    return F.interpolate(values, size=tuple(size_hw), mode="bilinear", align_corners=False)


def _check(config: SupervisedConfig, model: DepthModel) -> None:
    if not config.terms:
        raise HondoError(f"objective.terms is empty; give at least one of: {', '.join(TERMS)}")
    for name in config.terms:
        if "bin_centres" in TERMS[name].reads and not isinstance(model, BinnedModel):
            raise HondoError(f"loss '{name}' compares bins, and model '{model.name}' lays none; AdaBins does")
        if name in METRIC_TERMS and model.kind is DepthKind.RELATIVE_INVERSE_DEPTH:
            raise HondoError(
                f"loss '{name}' compares depth up to one factor at most, the model's output is {model.kind}; use 'ssi'"
            )
