"""Reads the files of DPT (isl-org/DPT) and of its 36 small hybrids (guillesanbri/DPT)."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from hondo.models.published.files import read_tensors
from hondo.models.published.published import ForeignFileError, Published
from hondo.models.published.rename import renamed

ENCODER, DECODER = "network.encoder.", "network.decoder."
LEVELS = range(4)  # 0 is the finest; the authors count from 1

# The decoder after its reassembling, which Depth Anything shares.
FUSION_RULES = tuple(
    rule
    for level in LEVELS
    for rule in (
        (rf"scratch\.layer{level + 1}_rn\.weight", rf"{DECODER}adapt.{level}.weight"),
        (rf"scratch\.refinenet{level + 1}\.out_conv\.(\w+)", rf"{DECODER}fuse.{level}.project.\1"),
        (rf"scratch\.refinenet{level + 1}\.resConfUnit1\.(.+)", rf"{DECODER}fuse.{level}.before.\1"),
        (rf"scratch\.refinenet{level + 1}\.resConfUnit2\.(.+)", rf"{DECODER}fuse.{level}.after.\1"),
    )
)
UNUSED_FUSION = r"scratch\.refinenet4\.resConfUnit1\..+"  # the coarsest level has nothing to be added to

# The authors' act_postprocess is: readout, transposition, reshaping, 1x1 convolution, resizing. The thesis keeps the
# readout apart, and counts no step without weights.
_RULES = (
    (r"pretrained\.model\.(.+)", rf"{ENCODER}\1"),
    *(
        rule
        for level in LEVELS
        for rule in (
            (rf"pretrained\.act_postprocess{level + 1}\.0\.(project)\.0\.(\w+)", rf"{ENCODER}readouts.{level}.\1.\2"),
            (rf"pretrained\.readout_oper{level + 1}\.0\.(project)\.0\.(\w+)", rf"{ENCODER}readouts.{level}.\1.\2"),
            (rf"pretrained\.act_postprocess{level + 1}\.[03]\.(\w+)", rf"{DECODER}reassemble.{level}.project.\1"),
            (rf"pretrained\.act_postprocess{level + 1}\.[14]\.(\w+)", rf"{DECODER}reassemble.{level}.resize.\1"),
        )
    ),
    *FUSION_RULES,
    (r"scratch\.output_conv\.0\.(\w+)", rf"{DECODER}halve.\1"),
    (r"scratch\.output_conv\.2\.(\w+)", rf"{DECODER}refine.\1"),
    (r"scratch\.output_conv\.4\.(\w+)", rf"{DECODER}last.\1"),
)
_UNUSED = (
    r"pretrained\.model\.(norm|head|fc_norm)\..+",  # the classifier's
    r"pretrained\.model\.patch_embed\.backbone\.(norm|head|classifier)\..+",
    UNUSED_FUSION,
)
_PERFORMER_RULES = (
    (r"(.+)\.attn\.fast_attention\.projection_matrix", r"\1.attn.projection"),
    (r"(.+)\.attn\.to_out\.(\w+)", r"\1.attn.proj.\2"),
)


def read(path: Path) -> Published:
    """A .pt file of DPT-Large, DPT-Hybrid or their kind; nothing in it tells one head from another."""
    return Published(tensors=renamed(read_tensors(path), _RULES, ignore=_UNUSED))


def read_thesis(path: Path) -> Published:
    """A file of the thesis: its own names and shapes tell encoder, attention and hooks."""
    tensors = read_tensors(path)
    by_ours = renamed(renamed(tensors, _RULES, ignore=_UNUSED), _PERFORMER_RULES)
    return Published(tensors=by_ours, options=thesis_options(by_ours, path=path))


def thesis_options(tensors: Mapping[str, Tensor], *, path: Path) -> dict[str, Any]:
    """The number of heads shows in Performer's shapes only."""
    blocks = [int(found[1]) for key in tensors if (found := _BLOCK.match(key))]
    hooks = _HOOKS_OF_LAST_BLOCK.get(max(blocks, default=-1))
    if hooks is None:
        raise ForeignFileError(
            f"{path} has {len(set(blocks))} transformer blocks; DPT's small hybrids have 2, 6 or 12, "
            "for hooks (0,1), (2,5) and (8,11)"
        )
    is_efficient = f"{ENCODER}patch_embed.backbone.conv_stem.weight" in tensors
    options: dict[str, Any] = {"encoder": "efficientnet_b0" if is_efficient else "resnet50", "hooks": hooks}
    queries = tensors.get(f"{ENCODER}blocks.0.attn.to_q.weight")
    if queries is None:
        return options | {"attention": "softmax"}
    features = tensors[f"{ENCODER}blocks.0.attn.projection"]
    return options | {"attention": "performer", "num_heads": queries.shape[0] // features.shape[1]}


_BLOCK = re.compile(rf"{re.escape(ENCODER)}blocks\.(\d+)\.")
_HOOKS_OF_LAST_BLOCK = {hooks[-1]: hooks for hooks in ((0, 1), (2, 5), (8, 11))}
