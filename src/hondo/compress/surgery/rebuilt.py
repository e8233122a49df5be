"""A DPT model built again with other options, its weights moved along."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Shaped
from torch import Tensor, nn

from hondo.compress.kept import Compressed, count_kept
from hondo.compress.restructured import check_not_restructured
from hondo.models.base.depth_model import DepthModel, EncoderDecoder
from hondo.models.decoders.dpt_decoder import DPTDecoder
from hondo.models.encoders.vit import ViT
from hondo.models.registry.build_model import build_model

SEED = 0  # of what starts fresh, so that the same surgery gives the same model
ENCODER, DECODER = "network.encoder.", "network.decoder."
Tensors = Mapping[str, Shaped[Tensor, "..."]]
Attention = Any  # an nn.Module; which attributes it has depends on its kind


def rebuilt(
    model: DepthModel, changes: Mapping[str, Any], *, converted: Tensors | None = None, notes: Sequence[str] = ()
) -> Compressed:
    """The model with the options ``changes``: weights of the same name and shape move along.

    ``converted``: tensors by name that were computed from the old ones; those of another shape than the new model's
    are left out, and its own stay fresh.
    """
    check_not_restructured(model, changes)
    options: dict[str, Any] = model.options | {"size_hw": model.input_spec.size_hw} | dict(changes)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        made = build_model(model.name, "random", **options)
    assert isinstance(made, DepthModel)
    if "encoder" not in changes:
        made.set_input_spec(replace(made.input_spec, mean=model.input_spec.mean, std=model.input_spec.std))
    if model.metres is not None:
        made.set_metres(model.metres)
    made.packing = {key: how for key, how in model.packing.items() if key in dict(made.named_parameters())}
    own, before, converted = made.state_dict(), model.state_dict(), converted or {}
    tensors = {**before, **converted}
    fitting = {name: each.detach().clone() for name, each in tensors.items() if same_shape(own.get(name), each)}
    made.load_state_dict(fitting, strict=False)
    kept = count_kept(made, before=before, changed=converted.keys() & fitting.keys(), notes=notes)
    return Compressed(model=made.eval(), kept=kept)


def same_shape(one: Shaped[Tensor, "..."] | None, other: Shaped[Tensor, "..."]) -> bool:
    """Whether there is a tensor, of the other's shape."""
    return one is not None and one.shape == other.shape


def is_dpt(model: DepthModel) -> bool:
    """Whether DPT's decoder makes its maps."""
    return isinstance(model.network, EncoderDecoder) and isinstance(model.network.decoder, DPTDecoder)


def is_dpt_on_vit(model: DepthModel) -> bool:
    """Whether it is DPT on a plain vision transformer, with or without a CNN below."""
    return is_dpt(model) and isinstance(model.network.encoder, ViT)


def vit_of(model: DepthModel) -> ViT:
    """Its vision transformer."""
    encoder: Any = model.network.encoder
    assert isinstance(encoder, ViT)
    return encoder


def attentions_of(model: DepthModel) -> list[Attention]:
    """The attention of each block of its vision transformer."""
    return [block.attn for block in vit_of(model).blocks]


def decoder_of(model: DepthModel) -> DPTDecoder:
    """Its decoder."""
    decoder: Any = model.network.decoder
    assert isinstance(decoder, DPTDecoder)
    return decoder


def prefixed(prefix: str, module: nn.Module) -> dict[str, Shaped[Tensor, "..."]]:
    """The state of a part, by its names in the model."""
    return {f"{prefix}{name}": tensor for name, tensor in module.state_dict().items()}
