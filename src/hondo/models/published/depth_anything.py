"""Reads the files of Depth Anything V2: DINOv2's names under "pretrained", DPT's decoder under "depth_head"."""

import re
from pathlib import Path
from typing import Any

from hondo.core.errors import HondoError, reason_of, warn
from hondo.core.text_file import load_object
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


_VERSION_1 = re.compile(r"depth_anything_vit[sbl]14.*|depth[_-]anything[_-]v1.*", re.IGNORECASE)


def read(path: Path) -> Published:
    """A .pth file of a relative or a metric model, or the .safetensors file of `transformers`.

    Nothing in a .pth file tells which model it is: version 1, whose decoder reads the last four blocks, is known by
    its file name. A port of `transformers` states blocks, kind and range in the config.json beside it.
    """
    tensors = renamed(read_tensors(path), _RULES, ignore=_UNUSED)
    options = _stated_options(path.with_name("config.json"))
    if not options and _VERSION_1.fullmatch(path.stem):
        last = max(int(match[1]) for key in tensors if (match := re.match(rf"{ENCODER}blocks\.(\d+)\.", key)))
        options = {"hooks": tuple(range(last - 3, last + 1))}
        warn(f"{path} is named as a file of Depth Anything V1: its last four blocks are read, not those of V2")
    return Published(tensors=tensors, options=options, optional=BLOCKS)


def _stated_options(config: Path) -> dict[str, Any]:
    """Options of our builder from the config.json of `transformers`; none where there is no such file."""
    try:
        stored = load_object(config.read_bytes(), name=str(config))
    except (OSError, HondoError):
        return {}
    if stored.get("model_type") != "depth_anything":
        return {}
    try:
        return _options(stored)
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise HondoError(f"{config} is damaged ({reason_of(error)}); download it again") from error


def _options(stored: dict[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    backbone = stored.get("backbone_config") or {}
    stages = backbone.get("out_indices") or [name.removeprefix("stage") for name in backbone.get("out_features") or []]
    if len(stages) == len(LEVELS):
        options["hooks"] = tuple(int(stage) - 1 for stage in stages)  # stage 1 is the first block's output
    if stored.get("depth_estimation_type") == "metric":
        options |= {"head": "sigmoid", "max_depth": float(stored["max_depth"])}
    return options
