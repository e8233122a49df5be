"""Rendered scenes whose labels say less than metres, as those of photos of the web do."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.core.errors import unknown
from hondo.core.sample import Sample
from hondo.core.truth_kind import TruthKind
from hondo.core.types import Size
from hondo.geometry.depth_units import depth_of_relative
from hondo.synthetic.scenes import SyntheticScenes

LABELS = ("shift", "pairs")
NUM_PAIRS = 64
ABOUT_EQUAL = 0.02  # relative difference in depth below which neither of two points counts as nearer


class RelativeScenes(Sequence[Sample]):
    """SyntheticScenes whose ``labels`` are "shift", depth up to scale and shift, or "pairs": ordered points, no map."""

    def __init__(
        self,
        *,
        labels: str = "shift",
        length: int = 1000,
        seed: int = 0,
        size_hw: Size = (192, 256),
    ) -> None:
        if labels not in LABELS:
            raise unknown("kind of labels of rendered scenes", labels, LABELS)
        self.scenes, self.labels, self.seed = SyntheticScenes(length=length, seed=seed, size_hw=size_hw), labels, seed

    @property
    def origins(self) -> tuple[str, ...]:
        """The name of each sample."""
        return self.scenes.origins

    def __len__(self) -> int:
        return len(self.scenes)

    def __getitem__(self, index: int) -> Sample:  # pyright: ignore[reportIncompatibleMethodOverride]
        sample = self.scenes[index]
        assert sample.depth_gt is not None and sample.valid is not None
        generator = torch.Generator().manual_seed(1000 * self.seed + index)
        if self.labels == "pairs":
            pairs = ordered_pairs(sample.depth_gt, sample.valid, generator)
            return replace(sample, depth_gt=None, valid=None, truth=TruthKind.ORDINAL, pairs=pairs)
        inv_depth = np.where(sample.valid, 1 / np.where(sample.valid, sample.depth_gt, 1), 0)
        depth = torch.from_numpy(depth_of_relative(inv_depth, sample.valid.numpy()))
        return replace(sample, depth_gt=depth, valid=depth > 0, truth=TruthKind.UP_TO_SCALE_AND_SHIFT)


def ordered_pairs(
    depth: Float[Tensor, "1 h w"], is_valid: Bool[Tensor, "1 h w"], generator: torch.Generator
) -> Float[Tensor, "p 5"]:
    """Random pairs of pixels with their order, as in ``Sample.pairs``; pairs of an unknown pixel are left out."""
    height, width = depth.shape[-2:]
    places = torch.randint(height * width, (NUM_PAIRS, 2), generator=generator)
    first, second = depth.flatten()[places].unbind(-1)
    order = torch.sign(second - first) * ((second - first).abs() > ABOUT_EQUAL * torch.minimum(first, second))
    xy = torch.stack([places % width + 0.5, places // width + 0.5], dim=-1).flatten(1)
    return torch.cat([xy, order[:, None]], dim=-1)[is_valid.flatten()[places].all(-1)]
