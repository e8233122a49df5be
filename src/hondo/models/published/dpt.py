"""Reads the files of DPT (isl-org/DPT), and those that name their tensors alike."""

from collections.abc import Mapping
from pathlib import Path

from jaxtyping import Shaped
from torch import Tensor

from hondo.models.published.published import Published, renamed
from hondo.models.published.tensor_files import read_tensors

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
BLOCKS = (rf"{ENCODER}blocks\.\d+\..+",)  # those after the last hook are not built
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


def read(path: Path) -> Published:
    """A .pt file of DPT-Large, DPT-Hybrid or their kind; nothing in it tells one head from another."""
    return Published(tensors=named_by_us(read_tensors(path)), optional=BLOCKS)


def named_by_us(tensors: Mapping[str, Shaped[Tensor, "..."]]) -> dict[str, Shaped[Tensor, "..."]]:
    """The tensors by the keys of our model."""
    return renamed(tensors, _RULES, ignore=_UNUSED)
