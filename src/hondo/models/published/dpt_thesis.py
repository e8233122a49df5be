"""Reads the files of the thesis's 36 small hybrids of DPT (guillesanbri/DPT), and finds out which one a file holds."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Shaped
from torch import Tensor

from hondo.models.encoders.embed import EfficientNetEmbed
from hondo.models.published.dpt import BLOCKS, ENCODER, named_by_us
from hondo.models.published.published import ForeignFileError, Published, renamed
from hondo.models.published.tensor_files import read_tensors

_EMBED = f"{ENCODER}patch_embed."
_RESNET_STEM = f"{_EMBED}backbone.stem.conv.weight"
_PERFORMER_RULES = (
    (r"(.+)\.attn\.fast_attention\.projection_matrix", r"\1.attn.projection"),
    (r"(.+)\.attn\.to_out\.(\w+)", r"\1.attn.proj.\2"),
)
_BLOCK = re.compile(rf"{re.escape(ENCODER)}blocks\.(\d+)\.")
_HOOKS_OF_LAST_BLOCK = {hooks[-1]: hooks for hooks in ((0, 1), (2, 5), (8, 11))}
_NUM_CLASSES = 1000  # rows of a classifier, which is not built


def read(path: Path) -> Published:
    """A file of the thesis: its own names and shapes tell encoder, attention and hooks."""
    tensors = renamed(named_by_us(read_tensors(path)), _PERFORMER_RULES)
    options = thesis_options(tensors, path=path)
    if options["encoder"] == "efficientnet_b0":
        tensors = named_by_order(tensors)
    return Published(tensors=tensors, options=options, optional=BLOCKS)


def thesis_options(tensors: Mapping[str, Shaped[Tensor, "..."]], *, path: Path) -> dict[str, Any]:
    """The number of heads shows in Performer's shapes only."""
    blocks = [int(found[1]) for key in tensors if (found := _BLOCK.match(key))]
    hooks = _HOOKS_OF_LAST_BLOCK.get(max(blocks, default=-1))
    if hooks is None:
        raise ForeignFileError(
            f"{path} has {len(set(blocks))} transformer blocks; DPT's small hybrids have 2, 6 or 12, "
            "for hooks (0,1), (2,5) and (8,11)"
        )
    encoder = "resnet50" if _RESNET_STEM in tensors else "efficientnet_b0"
    options: dict[str, Any] = {"encoder": encoder, "hooks": hooks}
    queries = tensors.get(f"{ENCODER}blocks.0.attn.to_q.weight")
    if queries is None:
        return options | {"attention": "softmax"}
    features = tensors[f"{ENCODER}blocks.0.attn.projection"]
    return options | {"attention": "performer", "num_heads": queries.shape[0] // features.shape[1]}


def named_by_order(tensors: Mapping[str, Shaped[Tensor, "..."]]) -> dict[str, Shaped[Tensor, "..."]]:
    """An EfficientNet's tensors under our names.

    Its implementations name them each in its own way, but all list them in the order in which they are computed.
    """
    with torch.device("meta"):
        ours = {_EMBED + key: value.shape for key, value in EfficientNetEmbed(dim=768).state_dict().items()}
    theirs = [key for key, value in tensors.items() if key.startswith(_EMBED) and value.shape[:1] != (_NUM_CLASSES,)]
    if ours.keys() <= tensors.keys() or [tensors[key].shape for key in theirs] != list(ours.values()):
        return dict(tensors)
    others = {key: value for key, value in tensors.items() if not key.startswith(_EMBED)}
    return others | {own: tensors[key] for own, key in zip(ours, theirs, strict=True)}
