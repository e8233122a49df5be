"""VTDepth's folders: encoder.pth of several families of encoders, and depth.pth of one of two decoders."""

from collections.abc import Mapping
from math import isqrt
from pathlib import Path
from typing import Any

from jaxtyping import Shaped
from torch import Tensor

from hondo.core.types import Size
from hondo.models.encoders.twins import TWINS
from hondo.models.published.monodepth2 import trained_size
from hondo.models.published.published import PVT_V2, ForeignFileError, Published, Rules, prefixed, renamed
from hondo.models.published.tensor_files import part, read_entries, read_tensors

_STAGES = range(4)
_TRAINED_HW = (192, 640)

_PVT: Rules = (
    *((rf"patch_embed{i + 1}\.(.*)", rf"stages.{i}.\1") for i in _STAGES),
    *((rf"block{i + 1}\.(.*)", rf"stages.{i}.blocks.\1") for i in _STAGES),
    *((rf"pos_embed{i + 1}", rf"stages.{i}.positions.weight") for i in _STAGES),
    (r"cls_token", r"stages.3.class_token"),
)
_SWIN: Rules = (  # the authors end a stage with the step down, timm begins the next with it
    *((rf"layers\.{i}\.downsample\.(.*)", rf"layers_{i + 1}.downsample.\1") for i in _STAGES),
    *((rf"layers\.{i}\.(.*)", rf"layers_{i}.\1") for i in _STAGES),
)
# Kind of encoder: a key that only it has, where its tensors lie in ours, rules. The first whose key is there counts.
_ENCODERS: tuple[tuple[str, str, Rules], ...] = (
    ("pos_embed1", "", _PVT),
    ("patch_embed1.proj.weight", "", PVT_V2),
    ("patch_embeds.0.proj.weight", "", TWINS),
    ("layers.0.blocks.0.attn.qkv.weight", "network.", _SWIN),
    ("encoder.conv1.weight", "network.", ((r"encoder\.(.*)", r"\1"),)),
)
# Carried by the files, used by nothing: classifiers, the norm before them, what Swin computes from its sizes.
_UNUSED = (r"(encoder\.fc|head)\..*", r"norm\.(weight|bias)", r".*\.(relative_position_index|attn_mask)")

# The convolutional decoder numbers its layers: two convolutions a level, the coarsest first, then the heads.
_LEVELS = (16, 8, 4, 2)  # stride after the step up
_CONVOLUTIONAL: Rules = (
    *((rf"decoder\.{2 * i}\.(.*)", rf"before.{stride}.\1") for i, stride in enumerate(_LEVELS)),
    *((rf"decoder\.{2 * i + 1}\.(.*)", rf"after.{stride}.\1") for i, stride in enumerate(_LEVELS)),
    *((rf"decoder\.{11 - i}\.(.*)", rf"heads.{stride}.\1") for i, stride in enumerate(_LEVELS)),
    (r"last_layer\.(.*)", r"last.\1"),
)
_TRANSFORMER: Rules = (
    *(
        (rf"{theirs}{i}\.(.*\.dwconv)\.dwconv\.(.*)", rf"levels.{stride}.{ours}.\1.\2")
        for i, stride in enumerate(reversed(_LEVELS))
        for theirs, ours in (("block", "before"), ("block_2", "after"))
    ),
    *(
        (rf"{theirs}{i}\.(.*)", rf"levels.{stride}.{ours}.\1")
        for i, stride in enumerate(reversed(_LEVELS))
        for theirs, ours in (("block", "before"), ("block_2", "after"), ("upsample", "up"), ("norm", "norm"))
    ),
    *((rf"dispconv{i}\.0\.(.*)", rf"heads.{stride}.\1") for i, stride in enumerate(reversed(_LEVELS))),
    (r"final_conv\.(.*)", r"last.\1"),
)
_UNUSED_HEADS = (r"decoder\.11\..*",)  # of the map at 1/16 of the size, which the authors do not compute


def read_vtdepth(path: Path) -> Published:
    """Which encoder and which decoder a folder holds follows from the names of its tensors."""
    entries = read_entries(part(path, "encoder.pth"))
    encoder = {key: value for key, value in entries.items() if isinstance(value, Tensor)}
    decoder = read_tensors(part(path, "depth.pth"))
    is_transformer = any(key.startswith("upsample") for key in decoder)
    rules = _TRANSFORMER if is_transformer else _CONVOLUTIONAL
    tensors = {
        **prefixed(_encoder_tensors(encoder, path), "network.encoder."),
        **prefixed(renamed(decoder, rules, ignore=_UNUSED_HEADS), "network.decoder."),
    }
    return Published(tensors=tensors, options=_options(entries))


def _encoder_tensors(tensors: Mapping[str, Shaped[Tensor, "..."]], path: Path) -> dict[str, Shaped[Tensor, "..."]]:
    for key, prefix, rules in _ENCODERS:
        if key in tensors:
            return prefixed(renamed(tensors, rules, ignore=_UNUSED), prefix)
    raise ForeignFileError(
        f"{path / 'encoder.pth'} holds no encoder of VTDepth; its first tensor is {next(iter(tensors))}"
    )


def _options(entries: Mapping[str, Any]) -> dict[str, Any]:
    """The size it was trained at, where the file says it, and that of PVT's position embeddings."""
    options = trained_size(entries)
    if "pos_embed1" in entries:
        options["positions_hw"] = _positions_hw(entries["pos_embed1"].shape[1], options.get("size_hw", _TRAINED_HW))
    return options


def _positions_hw(count: int, trained_hw: Size) -> Size:
    """The image's size behind ``count`` embeddings of 4 x 4 pixels each: a square (ImageNet's), or the trained."""
    side = isqrt(count)
    return (4 * side, 4 * side) if side * side == count else trained_hw
