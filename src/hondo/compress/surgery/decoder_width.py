"""A narrower decoder: in each of its streams the channels with the largest weights stay, and their weights too."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64, Shaped
from torch import Tensor, nn

from hondo.compress.compressor import Compressor, Step
from hondo.compress.kept import Compressed
from hondo.compress.surgery.rebuilt import DECODER, decoder_of, is_dpt, rebuilt
from hondo.core.errors import HondoError
from hondo.models.base.depth_model import DepthModel

FORM = "a share of the decoder's channels up to 1, or their number, e.g. width=0.5 or width=128"
Channels = Int64[Tensor, " _"]


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A convolution of the decoder, and the streams of channels that it reads and writes; None: not narrowed."""

    name: str
    reads: str | None
    writes: str | None


def narrow_decoder(model: DepthModel, features: int) -> Compressed:
    """The decoder with ``features`` channels: everywhere the strongest by ``strength``. Fewer than now, at least 2."""
    decoder, now = decoder_of(model), int(model.options["features"])
    if not 2 <= features <= now:
        raise HondoError(f"the decoder has {now} channels; keep 2 to {now}, got {features}")
    layers, kept = layers_of(len(decoder.fuse)), {}
    for stream in {each.writes for each in layers if each.writes is not None}:
        count = features // 2 if stream == "head" else features
        kept[stream] = strength(decoder, layers, stream).topk(count).indices.sort().values
    converted = {}
    if features < now:
        for layer in layers:
            reads = None if layer.reads is None else kept[layer.reads]
            writes = None if layer.writes is None else kept[layer.writes]
            converted |= sliced(decoder.get_submodule(layer.name), f"{DECODER}{layer.name}.", reads, writes)
    return rebuilt(model, {"features": features}, converted=converted)


def layers_of(levels: int) -> list[Layer]:
    """The decoder's convolutions: each level has a stream of its own, and two inside its residual units."""
    layers = []
    for level in range(levels):
        stream, finer = f"level {level}", f"level {level - 1}" if level else "finest"
        layers.append(Layer(name=f"adapt.{level}", reads=None, writes=stream))
        for unit in ("before", "after") if level < levels - 1 else ("after",):
            inner, name = f"{unit} {level}", f"fuse.{level}.{unit}"
            layers.append(Layer(name=f"{name}.conv1", reads=stream, writes=inner))
            layers.append(Layer(name=f"{name}.conv2", reads=inner, writes=stream))
        layers.append(Layer(name=f"fuse.{level}.project", reads=stream, writes=finer))
    halve, refine = Layer(name="halve", reads="finest", writes="head"), Layer(name="refine", reads="head", writes=None)
    return [*layers, halve, refine]


def strength(decoder: nn.Module, layers: Sequence[Layer], stream: str) -> Float[Tensor, " c"]:
    """Of every channel: the squared weights of the layers that write it, times those of the layers that read it."""

    def squares(names: list[str], *, axis: int) -> Float[Tensor, " c"]:
        found = [dense_weight(decoder.get_submodule(name)) for name in names]
        return torch.stack([each.square().sum([a for a in range(4) if a != axis]) for each in found]).sum(0)

    writers = [each.name for each in layers if each.writes == stream]
    readers = [each.name for each in layers if each.reads == stream]
    return squares(writers, axis=0) * squares(readers, axis=1)


def dense_weight(conv: nn.Module) -> Float[Tensor, "o i h w"]:
    """The weight of a convolution; of a separable one, that of the full one it equals."""
    if isinstance(conv, nn.Conv2d):
        return conv.weight.detach()
    depthwise, pointwise = (part.get_parameter("weight").detach() for part in conv.children())
    return pointwise * depthwise.transpose(0, 1)


def sliced(
    conv: nn.Module, prefix: str, reads: Channels | None, writes: Channels | None
) -> dict[str, Shaped[Tensor, "..."]]:
    """The weights of a convolution, full or separable, for the channels that stay; None: all of them."""
    state = {name: tensor.detach() for name, tensor in conv.state_dict().items()}
    last = "" if isinstance(conv, nn.Conv2d) else "1."
    if reads is not None:
        state[f"{last}weight"] = state[f"{last}weight"][:, reads]
        if last:
            state["0.weight"] = state["0.weight"][reads]
    if writes is not None:
        state |= {name: state[name][writes] for name in (f"{last}weight", f"{last}bias") if name in state}
    return {f"{prefix}{name}": tensor for name, tensor in state.items()}


def _apply(model: DepthModel, step: Step) -> Compressed:
    try:
        number = float(step.value)
    except ValueError:
        raise step.wrong(FORM) from None
    if number <= 0 or (number > 1 and number != round(number)):
        raise step.wrong(FORM)
    return narrow_decoder(model, round(number * model.options["features"]) if number <= 1 else int(number))


WIDTH = Compressor(
    summary="a narrower decoder; its strongest channels stay", example="width=0.5", apply=_apply, applies=is_dpt
)
