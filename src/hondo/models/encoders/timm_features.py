"""Encoders from timm with pretrained weights of the Hugging Face hub; offline, the hub's cache is used at once."""

import socket
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.models.base.timm_parts import with_own_parts
from hondo.models.base.torchvision_guard import import_timm
from hondo.models.download.weights_cache import is_offline
from hondo.models.encoders.encoder import Pretrained
from hondo.models.published.encoder_packages import packaged_weights


@contextmanager
def cache_alone_if_unreachable() -> Iterator[None]:
    """Uses the hub's cache alone offline, or if the hub is out of reach: its client would retry for a minute first."""
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before or is_offline() or not is_known(constants.ENDPOINT)
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def is_known(address: str) -> bool:
    """Whether the name of the address's host is known here; behind a proxy it need not be."""
    if getproxies():
        return True
    try:
        socket.getaddrinfo(urlsplit(address).hostname, None)
    except OSError:
        return False
    return True


# Arguments with which timm's networks take images of any size: plain ViTs, Swins, and all others.
_ANY_SIZE: tuple[dict[str, Any], ...] = ({"dynamic_img_size": True}, {"strict_img_size": False}, {})


class TimmEncoder(nn.Module):
    """A timm ``features_only`` network.

    Of several maps with one stride the last is kept, unless it ``keeps_all``. Maps of networks that do not pad
    their convolutions (Inception) are resized to what their stride says.
    """

    def __init__(self, network: Any, *, is_fixed: bool = False, keeps_all: bool = False) -> None:
        super().__init__()
        self.network = network
        self.is_fixed = is_fixed
        strides = [int(stride) for stride in network.feature_info.reduction()]
        last = {stride: index for index, stride in enumerate(strides)}
        self.kept = list(range(len(strides))) if keeps_all else [last[stride] for stride in sorted(last)]
        self.strides = tuple(strides[index] for index in self.kept)
        self.channels = tuple(int(network.feature_info.channels()[index]) for index in self.kept)
        self.is_channels_last = str(getattr(network, "output_fmt", "NCHW")).endswith("NHWC")
        config = getattr(network, "pretrained_cfg", None) or getattr(network, "default_cfg", None) or {}
        self.mean = _triple(config.get("mean", (0.485, 0.456, 0.406)))
        self.std = _triple(config.get("std", (0.229, 0.224, 0.225)))
        self.licence = str(config.get("license") or "not stated by timm")  # of the pretrained weights

    def forward(self, image: Float[Tensor, "b c h w"]) -> list[Float[Tensor, "b _ _ _"]]:
        maps = self.network(image)
        maps = [maps[index].permute(0, 3, 1, 2) if self.is_channels_last else maps[index] for index in self.kept]
        height, width = image.shape[-2:]
        sizes = [(-(-height // stride), -(-width // stride)) for stride in self.strides]
        return [x if x.shape[-2:] == size else _resized(x, size) for x, size in zip(maps, sizes, strict=True)]


def timm_encoder(
    name: str,
    *,
    in_channels: int = 3,
    pretrained: Pretrained = False,
    size_hw: Size | None = None,
    out_indices: tuple[int, ...] | None = None,
) -> TimmEncoder:
    """``pretrained`` fetches timm's weights from the Hugging Face hub (or its cache), under the licence stated there;
    "package" reads those of an installed package.

    ``out_indices``: just these of its maps, all kept (the blocks of a vision transformer, whose maps share a stride).

    A network that cannot take every size is built for ``size_hw`` alone.
    """
    options, is_fixed = _size_options(name, in_channels=in_channels, size_hw=tuple(size_hw) if size_hw else None)
    if out_indices:
        options = {**options, "out_indices": out_indices}
    network = fetched(name, features_only=True, in_chans=in_channels, pretrained=pretrained, **options)
    return TimmEncoder(network, is_fixed=is_fixed, keeps_all=bool(out_indices))


def fetched(name: str, *, pretrained: Pretrained, **options: Any) -> Any:
    """timm's network of that name; a plain error where its weights cannot be fetched."""
    if pretrained == "package":
        return _with_packaged_weights(name, **options)
    try:
        with cache_alone_if_unreachable() if pretrained else nullcontext():
            return with_own_parts(import_timm().create_model(name, pretrained=pretrained, **options))
    except (OSError, RuntimeError) as error:  # connection and cache errors are OSErrors; timm's own are RuntimeErrors
        raise HondoError(
            f"the pretrained weights of timm model '{name}' could not be fetched ({_line(error)}); "
            "check the network, or build it with pretrained=False"
        ) from error


def _with_packaged_weights(name: str, *, in_chans: int = 3, **options: Any) -> Any:
    """timm's network with the weights of a package; the first convolution is adapted to ``in_chans`` as timm does."""
    timm = import_timm()
    with torch.device("meta"):
        whole = timm.create_model(name).state_dict()
    weights, first = packaged_weights(name, whole), "conv_stem.weight"
    weights[first] = timm.models.adapt_input_conv(in_chans, weights[first])
    network = timm.create_model(name, in_chans=in_chans, **options)
    network.load_state_dict({key: weights[key] for key in network.state_dict()})
    return network


def is_timm_name(name: str) -> bool:
    """Whether timm has a model of that name, with or without a tag of weights."""
    return bool(import_timm().is_model(name.partition(".")[0]))


@cache
def timm_names() -> tuple[str, ...]:
    """Every architecture that timm knows."""
    return tuple(import_timm().list_models())


@cache
def _size_options(name: str, *, in_channels: int, size_hw: Size | None) -> tuple[dict[str, Any], bool]:
    """How to build the network so that it takes any size, or else ``size_hw`` alone; found by trying shapes on meta."""
    trouble = ""
    for options, is_fixed in _attempts(size_hw):
        try:
            with torch.device("meta"):
                network = import_timm().create_model(name, features_only=True, in_chans=in_channels, **options)
        except TypeError:  # not an option of this family
            continue
        except (RuntimeError, AttributeError, NotImplementedError, AssertionError) as error:
            raise HondoError(f"timm model '{name}' cannot be built as an encoder ({_line(error)})") from error
        encoder = TimmEncoder(network).to("meta").eval()
        step = max(encoder.strides)
        sizes = [size_hw] if is_fixed and size_hw else [(4 * step, 6 * step), (5 * step, 4 * step)]
        try:
            with torch.no_grad():
                for size in sizes:
                    encoder(torch.empty(1, in_channels, *size, device="meta"))
        except (RuntimeError, AssertionError) as error:
            trouble = _line(error)
            continue
        return options, is_fixed
    at = f"at {size_hw[0]}x{size_hw[1]}" if size_hw else "at every size"
    raise HondoError(f"timm model '{name}' does not run {at} ({trouble}); choose another size or encoder")


def _attempts(size_hw: Size | None) -> Iterator[tuple[dict[str, Any], bool]]:
    yield from ((options, False) for options in _ANY_SIZE)
    if size_hw:
        yield from (({"img_size": size_hw}, True), ({}, True))


def _resized(x: Float[Tensor, "b c _ _"], size_hw: Size) -> Float[Tensor, "b c _ _"]:
    return F.interpolate(x, size_hw, mode="bilinear", align_corners=False)


def _line(error: Exception) -> str:
    """The first line of an error, cut at a readable length."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return textwrap.shorten(lines[0], 120, placeholder=" ...")


def _triple(values: Any) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in values)
    return red, green, blue
