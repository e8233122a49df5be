"""Teachers: frozen models, each with its mirrored map where asked, whose maps are one map of inverse depth."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, Size
from hondo.models.base.depth_model import DepthModel
from hondo.train.objectives.objective import both_units, resized

Map = Float[Tensor, "b 1 h w"]
TINY = 1e-6


class Teachers:
    """An ensemble of models; no module, so that it is no part of what is trained and stored.

    ``flip``: the mean with the mirrored map of the mirrored image (Godard et al. 2017). ``size_hw``: that they see
    images at; None: as they come. Maps of several are averaged as logarithms, each divided by its median; where one is
    relative inverse depth, as they are, each less its median and divided by its mean deviation (Ranftl et al. 2020).
    """

    def __init__(self, models: Sequence[DepthModel], *, flip: bool = False, size_hw: Size | None = None) -> None:
        if not models:
            raise HondoError("distillation needs at least one teacher", field="objective.teacher")
        self.models = [model.eval().requires_grad_(False) for model in models]
        self.flip, self.size_hw = flip, size_hw
        self.is_relative = any(model.kind is DepthKind.RELATIVE_INVERSE_DEPTH for model in models)

    @torch.no_grad()
    def __call__(self, image: Float[Tensor, "b 3 h w"]) -> Map:
        """Inverse depth at the size of the image; its scale (and shift) is the first teacher's."""
        maps = [self._map_of(model.to(image.device), image) for model in self.models]
        if len(maps) == 1:
            return maps[0]
        return _standardised_mean(maps) if self.is_relative else _geometric_mean(maps)

    def _map_of(self, model: DepthModel, image: Float[Tensor, "b 3 h w"]) -> Map:
        """One teacher's; the plain image last, whose features others may read."""
        size_hw, shown_hw = image.shape[-2:], self.size_hw
        if model.input_spec.fixed:
            shown_hw = model.input_spec.size_hw
        seen = image if shown_hw is None else F.interpolate(image, size=shown_hw, mode="bilinear", antialias=True)
        mirrored = model(seen.flip(-1))[0].flip(-1).float() if self.flip else None
        values = model(seen)[0].float()
        values = values if mirrored is None else (values + mirrored) / 2
        return both_units(resized(values, size_hw), model.kind)["inv_depth"]


def _geometric_mean(maps: Sequence[Map]) -> Map:
    medians = [each.flatten(1).median(dim=1).values.clamp(min=TINY).view(-1, 1, 1, 1) for each in maps]
    logs = [(each.clamp(min=TINY) / median).log() for each, median in zip(maps, medians, strict=True)]
    return torch.stack(logs).mean(dim=0).exp() * medians[0]


def _standardised_mean(maps: Sequence[Map]) -> Map:
    """In the scale and shift of the first."""
    shifts = [each.flatten(1).median(dim=1).values.view(-1, 1, 1, 1) for each in maps]
    scales = [(each - shift).abs().mean(dim=(1, 2, 3), keepdim=True).clamp(min=TINY)
              for each, shift in zip(maps, shifts, strict=True)]  # fmt: skip
    even = [(each - shift) / scale for each, shift, scale in zip(maps, shifts, scales, strict=True)]
    return torch.stack(even).mean(dim=0) * scales[0] + shifts[0]
