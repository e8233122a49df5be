"""Another attention in all blocks or some: projections to queries, keys, values and back move along where they fit."""

from collections.abc import Mapping
from inspect import signature

import torch
from jaxtyping import Shaped
from torch import Tensor

from hondo.compress.compressor import Compressor, Step
from hondo.compress.kept import Compressed
from hondo.compress.surgery.rebuilt import ENCODER, Attention, attentions_of, is_dpt_on_vit, rebuilt, vit_of
from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.models.base.depth_model import DepthModel
from hondo.models.encoders.vit import attention_of_blocks
from hondo.nn.attention.registry import ATTENTION, attention

# Layers of attentions, and which projections they hold one above the other.
LAYERS = {
    "qkv": "qkv", "kv": "kv", "qv": "qv", "q": "q", "to_q": "q", "to_k": "k", "to_v": "v",
}  # fmt: skip


def swap_attention(model: DepthModel, name: str, *, blocks: tuple[int, ...] | None = None) -> Compressed:
    """``name`` of ATTENTION in ``blocks`` (None: all). What the method has beyond the shared projections starts fresh.

    Refuses windows that hold the whole grid of the model's input size, and blocks that the model does not have.
    """
    encoder = vit_of(model)
    depth, size_hw, patch = len(encoder.blocks), model.input_spec.size_hw, encoder.strides[-1]
    blocks = tuple(range(depth)) if blocks is None else blocks
    if not blocks or min(blocks) < 0 or max(blocks) >= depth:
        raise HondoError(f"the model has blocks 0 to {depth - 1}, got blocks {','.join(map(str, blocks)) or 'none'}")
    names = list(attention_of_blocks(model.options["attention"], depth=depth))
    check_window(name, grid_hw=(size_hw[0] // patch, size_hw[1] // patch))
    converted, notes = {}, []
    for index in blocks:
        names[index] = name
        old = attentions_of(model)[index]
        num_heads = model.options["num_heads"] or heads_in(old)
        wide = {} if model.options["head_dim"] is None else {"head_dim": model.options["head_dim"]}
        with torch.device("meta"):
            new = attention(name, dim=encoder.channels[-1], num_heads=num_heads, **wide)
        moved, lost = moved_weights(old.state_dict(), new.state_dict())
        converted |= {f"{ENCODER}blocks.{index}.attn.{key}": each for key, each in moved.items()}
        notes += [f"no place for the {lost}"] if lost else []
    option = names[0] if len(set(names)) == 1 else tuple(names)
    return rebuilt(model, {"attention": option}, converted=converted, notes=tuple(dict.fromkeys(notes)))


def moved_weights(
    old: Mapping[str, Shaped[Tensor, "..."]], new: Mapping[str, Shaped[Tensor, "..."]]
) -> tuple[dict[str, Shaped[Tensor, "..."]], str]:
    """Tensors of ``new`` (names and shapes) from those of ``old``, and the projections and biases that are left over.

    Missing biases are zeros, which computes the same; keys that an attention shares with its queries are these.
    """
    parts = {kind: projections(old, kind) for kind in ("weight", "bias")}
    for each in parts.values():
        if "q" in each and "k" not in each:
            each["k"] = each["q"]
    moved, used = {}, set()
    for name, tensor in new.items():
        layer, _, kind = name.rpartition(".")
        if layer in LAYERS and kind in parts:
            pieces = [parts[kind].get(letter) for letter in LAYERS[layer]]
            used |= {(letter, kind) for letter in LAYERS[layer]}
            if kind == "bias" and all(piece is None for piece in pieces):
                moved[name] = torch.zeros(tensor.shape)
            elif all(piece is not None for piece in pieces):
                moved[name] = torch.cat([piece for piece in pieces if piece is not None])
        elif name in old:
            moved[name] = old[name]
    moved = {name: each for name, each in moved.items() if each.shape == new[name].shape}
    lost = [f"{letter} {kind}" for kind in parts for letter in "qkv"
            if letter in projections(old, kind) and (letter, kind) not in used]  # fmt: skip
    return moved, ", ".join(lost)


def projections(state: Mapping[str, Shaped[Tensor, "..."]], kind: str) -> dict[str, Shaped[Tensor, "..."]]:
    """The weights or biases ("weight", "bias") to queries, keys and values, by their letters."""
    found = {}
    for layer, letters in LAYERS.items():
        if f"{layer}.{kind}" in state:
            found |= dict(zip(letters, state[f"{layer}.{kind}"].chunk(len(letters)), strict=True))
    return found


def heads_in(module: Attention) -> int:
    """The number of heads of an attention that states it, or the width of one."""
    stated = getattr(module, "num_heads", None)
    return int(stated or module.get_submodule("proj").in_features // module.head_dim)


def check_window(name: str, *, grid_hw: Size) -> None:
    """Refuses an attention in windows that are as large as the grid: it would be softmax attention."""
    stated = signature(ATTENTION[name]).parameters.get("window")
    if stated is None:
        return
    window = stated.default
    if max(grid_hw) <= window:
        raise HondoError(
            f"attention '{name}' has windows of {window}x{window} tokens, and the grid of this input size has "
            f"{grid_hw[0]}x{grid_hw[1]}: nothing would be saved; choose a larger input size or another attention"
        )


def _apply(model: DepthModel, step: Step) -> Compressed:
    blocks = None
    for word in step.words:
        listed = word.partition("=")[2].split(",")
        if not all(part.strip().isdigit() for part in listed):
            raise step.wrong("a name and the blocks to change, e.g. attention=linear:blocks=0,1")
        blocks = tuple(int(part) for part in listed)
    return swap_attention(model, step.value, blocks=blocks)


ATTENTION_STEP = Compressor(
    summary="another attention in all blocks, or in some (attention=linear:blocks=0,1)",
    example="attention=linear",
    apply=_apply,
    applies=is_dpt_on_vit,
    words=("blocks",),
)
