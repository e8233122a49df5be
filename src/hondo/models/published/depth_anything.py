"""Reads the files of Depth Anything V2: DINOv2's names under "pretrained", DPT's decoder under "depth_head"."""

from pathlib import Path

from hondo.models.published.dpt import BLOCKS, DECODER, ENCODER, FUSION_RULES, LEVELS, UNUSED_FUSION
from hondo.models.published.published import Published, renamed
from hondo.models.published.tensor_files import read_tensors

_HEAD = r"depth_head\."
_RULES = (
    (r"pretrained\.(.+)", rf"{ENCODER}\1"),
    *((rf"{_HEAD}projects\.{level}\.(\w+)", rf"{DECODER}reassemble.{level}.project.\1") for level in LEVELS),
    *((rf"{_HEAD}resize_layers\.{level}\.(\w+)", rf"{DECODER}reassemble.{level}.resize.\1") for level in LEVELS),
    *((_HEAD + pattern, replacement) for pattern, replacement in FUSION_RULES),
    (rf"{_HEAD}scratch\.output_conv1\.(\w+)", rf"{DECODER}halve.\1"),
    (rf"{_HEAD}scratch\.output_conv2\.0\.(\w+)", rf"{DECODER}refine.\1"),
    (rf"{_HEAD}scratch\.output_conv2\.2\.(\w+)", rf"{DECODER}last.\1"),
)
_UNUSED = (r"pretrained\.mask_token", _HEAD + UNUSED_FUSION)  # masks are for DINOv2's own training


def read(path: Path) -> Published:
    """A .pth file of a relative or a metric model: nothing in it tells which, nor the metric one's range."""
    return Published(tensors=renamed(read_tensors(path), _RULES, ignore=_UNUSED), optional=BLOCKS)
