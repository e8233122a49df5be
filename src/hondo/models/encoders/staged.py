"""An encoder that is a chain of stages: what leaves each stage is one of its maps."""

from collections.abc import Iterable

from jaxtyping import Float
from torch import Tensor, nn


class Staged(nn.Module):
    """The first stage takes the picture, every other the map of the stage before."""

    def __init__(self, stages: Iterable[nn.Module]) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)

    def forward(self, image: Float[Tensor, "b c h w"]) -> list[Float[Tensor, "b _ _ _"]]:
        features = []
        for stage in self.stages:
            image = stage(image)
            features.append(image)
        return features
