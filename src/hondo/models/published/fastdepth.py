"""FastDepth's .pth.tar: a state dict, plain or wrapped, or the whole module as the authors pickled it."""

from collections.abc import Mapping
from pathlib import Path

from jaxtyping import Shaped
from torch import Tensor

from hondo.models.published.module_pickle import read_module_or_tensors
from hondo.models.published.published import ForeignFileError, Published, renamed

_RULES = (
    (r"conv0\.(.+)", r"network.encoder.stem.\1"),
    *((rf"conv{n}\.([01]\..+)", rf"network.encoder.blocks.{n - 1}.0.\1") for n in range(1, 14)),
    *((rf"conv{n}\.3\.(.+)", rf"network.encoder.blocks.{n - 1}.1.0.\1") for n in range(1, 14)),
    *((rf"conv{n}\.4\.(.+)", rf"network.encoder.blocks.{n - 1}.1.1.\1") for n in range(1, 14)),
    *((rf"decode_conv{n}\.(.+)", rf"network.decoder.blocks.{n - 1}.\1") for n in range(1, 6)),
    (r"decode_conv6\.(.+)", r"network.decoder.head.\1"),
)


def read(path: Path) -> Published:
    """``encoder_widths`` and ``decoder_widths`` follow from the file, pruned or not."""
    tensors = read_module_or_tensors(path)
    return Published(tensors=renamed(tensors, _RULES), options=_widths(tensors, path=path))


def _widths(tensors: Mapping[str, Shaped[Tensor, "..."]], *, path: Path) -> dict[str, tuple[int, ...]]:
    encoder = ("conv0.0.weight", *(f"conv{n}.3.weight" for n in range(1, 14)))
    decoder = ("decode_conv1.1.0.weight", "decode_conv5.1.0.weight")
    missing = [key for key in (*encoder, *decoder) if key not in tensors]
    if missing:
        raise ForeignFileError(f"{path} is no FastDepth checkpoint: it has no {missing[0]}")
    return {
        "encoder_widths": tuple(tensors[key].shape[0] for key in encoder),
        "decoder_widths": tuple(tensors[key].shape[0] for key in decoder),
    }
