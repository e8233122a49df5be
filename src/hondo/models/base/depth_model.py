"""DepthModel: a network with its normalisation, its padding and the meaning of its output around it."""

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec
from hondo.models.base.metric_calibration import MetricCalibration
from hondo.models.encoders.encoder import Encoder


class DepthModel(nn.Module):
    """Images in RGB 0..1 to depth maps in the unit that ``kind`` names, finest first.

    ``network`` takes normalised images (b 3 H W) whose sides are multiples of ``input_spec.multiple_of``, and returns
    one map (b 1 H W) or a sequence of them, finest first; a map may be smaller than the image by a whole factor. Any
    size is accepted here: it is padded by reflection at the right and the bottom, and the maps are cropped back.
    """

    num_images = 1  # images that ``forward`` takes
    num_previous = 0  # frames before the image that it also looks at, where they are given
    has_confidence = False  # as the second channel of its finest map

    def __init__(
        self,
        network: nn.Module,
        *,
        name: str,
        kind: DepthKind,
        input_spec: InputSpec,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.network = network
        self.name = name
        self.kind = DepthKind(kind)
        self.input_spec = input_spec
        self.options = dict(options or {})
        self.factor = 1.0  # of the network's maps
        self.metres: MetricCalibration | None = None  # how it got its metres, where they were measured
        self.packing: dict[str, str] = {}  # of sparse and clustered weights, see packed_weights
        self.normalise = Normalise(input_spec)

    def set_input_spec(self, spec: InputSpec) -> None:
        """Another native size or normalisation for the same network."""
        self.input_spec = spec
        self.normalise = Normalise(spec).to(self.normalise.mean.device)

    def make_metric(self, factor: float) -> None:
        """Turns inverse depth up to one factor into 1/m: ``factor`` is metric over predicted inverse depth."""
        assert self.kind is DepthKind.SCALED_INVERSE_DEPTH
        self.kind = DepthKind.METRIC_INVERSE_DEPTH
        if type(self).forward is DepthModel.forward:  # others learn the factor
            self.factor = factor

    def set_metres(self, metres: MetricCalibration) -> None:
        """Maps are from now on ``metres.factor`` times the network's, in metres or 1/metres."""
        if self.kind is DepthKind.RELATIVE_INVERSE_DEPTH:
            raise HondoError(f"{self.name} gives relative inverse depth: no factor makes metres of it")
        if self.kind is DepthKind.SCALED_INVERSE_DEPTH:
            self.kind = DepthKind.METRIC_INVERSE_DEPTH
        self.factor, self.metres = metres.factor, metres

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b 1 _ _"]]:
        padded = self.prepared(image)
        maps = self.network(padded)
        maps = cropped([maps] if isinstance(maps, Tensor) else list(maps), image=image, padded=padded)
        return maps if self.factor == 1 else [self.factor * each for each in maps]

    def prepared(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 _ _"]:
        """What the network takes: normalised, padded."""
        check_image(image, spec=self.input_spec)
        return pad_to_multiple(self.normalise(image), self.input_spec.multiple_of)


class Normalise(nn.Module):
    """(rgb - mean) / std per channel. The numbers belong to the input spec, so they are no part of the state dict."""

    def __init__(self, spec: InputSpec) -> None:
        super().__init__()
        self.mean: Tensor
        self.std: Tensor
        # On the CPU even where the rest is built on the meta device: loading weights cannot bring them back.
        self.register_buffer("mean", torch.tensor(spec.mean, device="cpu").view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(spec.std, device="cpu").view(1, 3, 1, 1), persistent=False)

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
        return (image - self.mean) / self.std


def pad_to_multiple(image: Float[Tensor, "b c h w"], multiple: int) -> Float[Tensor, "b c _ _"]:
    """Pads right and bottom to the next multiple, by reflection (by repeating the edge where it is too small)."""
    height, width = image.shape[-2:]
    down, right = -height % multiple, -width % multiple
    if not (down or right):
        return image
    mode = "reflect" if down < height and right < width else "replicate"
    return F.pad(image, (0, right, 0, down), mode=mode)


def cropped(
    maps: list[Float[Tensor, "b 1 _ _"]], *, image: Float[Tensor, "b 3 _ _"], padded: Float[Tensor, "b 3 _ _"]
) -> list[Float[Tensor, "b 1 _ _"]]:
    """The part of every map, whatever its scale, that shows the image and not its padding."""
    if padded.shape[-2:] == image.shape[-2:]:
        return maps
    height, width = image.shape[-2:]
    factors = [padded.shape[-1] // depth.shape[-1] for depth in maps]
    return [depth[..., : -(-height // n), : -(-width // n)] for depth, n in zip(maps, factors, strict=True)]


def check_image(image: Shaped[Tensor, "..."], *, spec: InputSpec) -> None:
    """Refuses anything but a float image (b 3 h w), of the one size that a fixed network takes."""
    if image.ndim != 4 or image.shape[1] != 3 or not image.is_floating_point():
        given = f"{str(image.dtype).removeprefix('torch.')} {tuple(image.shape)}"
        raise HondoError(f"a model takes float images (b 3 h w) in RGB 0..1, got {given}")
    if spec.fixed and tuple(image.shape[-2:]) != tuple(spec.size_hw):
        height, width = spec.size_hw
        raise HondoError(f"this network takes {height}x{width} images only, got {image.shape[-2]}x{image.shape[-1]}")


class EncoderDecoder(nn.Module):
    """decoder(encoder(image)); training gives the halves learning rates of their own.

    Channels lie last in memory from here on: convolutions run a fifth faster that way, and keep the order.
    """

    def __init__(self, encoder: Encoder, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def forward(self, image: Float[Tensor, "b c h w"]) -> list[Float[Tensor, "b 1 _ _"]]:
        return self.decoder(self.encoder(image.contiguous(memory_format=torch.channels_last)))
