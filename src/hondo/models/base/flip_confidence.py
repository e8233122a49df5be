"""A depth model that also gives a confidence: how far its map of the mirrored image agrees (no training needed).

Post-processing by mirroring as an uncertainty: Poggi et al. 2020, "On the uncertainty of self-supervised monocular
depth estimation", section 3.1.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind
from hondo.models.base.depth_model import DepthModel

AGREES = 0.1  # difference (of logarithms; of relative kinds: shares of the mean) at which the confidence is 1/e
WINDOW = 65  # pixels each way over which differences are averaged: they change sign, and vanish between by chance


class FlipConfident(DepthModel):
    """The depth of ``model``, and beside it a confidence in 0..1, as the second channel of its finest map."""

    has_confidence = True

    def __init__(self, model: DepthModel) -> None:
        if model.num_previous:
            raise HondoError(
                f"{model.name} matches the frames of a video; a confidence from the mirrored image needs a model of "
                "single images",
                field="confidence",
            )
        super().__init__(
            nn.Identity(), name=model.name, kind=model.kind, input_spec=model.input_spec, options=model.options
        )
        self.inner, self.metres = model, model.metres

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b 2 _ _"]]:
        maps = self.inner(torch.cat([image, image.flip(-1)]))[0]
        own, mirrored = maps.split(len(image))
        return [torch.cat([own, flip_confidence(own, mirrored.flip(-1), self.kind).to(own)], dim=1)]


def with_flip_confidence(model: DepthModel) -> DepthModel:
    """The model with a confidence; one that has it already as it is."""
    return model if isinstance(model, FlipConfident) else FlipConfident(model)


def flip_confidence(
    own: Float[Tensor, "b 1 h w"], mirrored: Float[Tensor, "b 1 h w"], kind: DepthKind
) -> Float[Tensor, "b 1 h w"]:
    """exp(-mean difference / AGREES) of two maps of one image; a factor between them does not count."""
    own, mirrored = own.float(), mirrored.float()
    if kind is DepthKind.RELATIVE_INVERSE_DEPTH:  # may be zero or below
        difference = (own - mirrored) / own.abs().mean((2, 3), keepdim=True).clamp(min=1e-6)
    else:
        difference = own.clamp(min=1e-6).log() - mirrored.clamp(min=1e-6).log()
        difference = difference - difference.mean((2, 3), keepdim=True)
    smooth = difference.abs()
    for window in ((1, WINDOW), (WINDOW, 1)):  # the mean of the means of rows is that of the window, and far cheaper
        padding = window[0] // 2, window[1] // 2
        smooth = F.avg_pool2d(smooth, window, stride=1, padding=padding, count_include_pad=False)
    return (-smooth / AGREES).exp()
