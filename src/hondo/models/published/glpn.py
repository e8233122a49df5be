"""GLPN's files: a state dict of encoder (SegFormer's names), decoder and head."""

from pathlib import Path

from hondo.models.published.published import PVT_V2, ForeignFileError, Published, Rules, renamed
from hondo.models.published.tensor_files import read_tensors

_DECODER: Rules = (
    (r"decoder\.bot_conv\.(.+)", r"network.decoder.reduce.3.\1"),
    (r"decoder\.skip_conv1\.(.+)", r"network.decoder.reduce.2.\1"),
    (r"decoder\.skip_conv2\.(.+)", r"network.decoder.reduce.1.\1"),
    *(  # the authors number fusions and their convolutions from 1, the coarsest first
        (rf"decoder\.fusion{n}\.conv{layer}\.(.+)", rf"network.decoder.fuse.{3 - n}.weigh.{layer - 1}.\1")
        for n in (1, 2, 3)
        for layer in (1, 2, 3)
    ),
    (r"last_layer_depth\.(.+)", r"network.decoder.head.\1"),
)
_ENCODER: Rules = tuple((rf"encoder\.{theirs}", rf"network.encoder.{ours}") for theirs, ours in PVT_V2)


def read(path: Path) -> Published:
    """The range of depth does not follow from the file: it is the model's (KITTI or NYU)."""
    tensors = read_tensors(path)
    if "decoder.bot_conv.weight" not in tensors:
        raise ForeignFileError(f"{path} is no GLPN checkpoint of its authors: it has no decoder.bot_conv.weight")
    return Published(tensors=renamed(tensors, (*_DECODER, *_ENCODER)))
