"""ManyDepth's folders: encoder.pth with the range of depths, depth.pth, and pose_encoder.pth with pose.pth."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from hondo.models.published.monodepth2 import decoder_tensors, pose_tensors, trained_size
from hondo.models.published.published import ForeignFileError, Published, Rules, renamed
from hondo.models.published.tensor_files import part, read_entries

_ENCODER: Rules = (
    (r"layer0\.(.*)", r"network.encoder.stem.\1"),
    (r"layer1\.(.*)", r"network.encoder.first.\1"),
    *((rf"layer{number}\.(.*)", rf"network.encoder.later.{number - 2}.\1") for number in (2, 3, 4)),
    (r"reduce_conv\.(.*)", r"network.encoder.reduce.\1"),
)
_RANGE = ("min_depth_bin", "max_depth_bin")
# Constants of the geometry, and a convolution that the authors left out of the matching.
_UNUSED = (r"backprojector\..*", r"projector\..*", r"warp_depths", r"depth_bins", r"prematching_conv\..*")


def read_depth(path: Path) -> Published:
    """The matching network; with the pose network where the folder holds it."""
    entries = read_entries(part(path, "encoder.pth"))
    tensors = {key: value for key, value in entries.items() if isinstance(value, Tensor) and key not in _RANGE}
    tensors = renamed(tensors, _ENCODER, ignore=_UNUSED) | decoder_tensors(path)
    tensors["network.encoder.depth_range"] = _depth_range(entries, path=path)
    options = trained_size(entries)
    if not (path / "pose.pth").is_file():
        return Published(tensors=tensors, options=options | {"pose_network": False})
    return Published(tensors=tensors | pose_tensors(path, prefix="pose.network."), options=options)


def _depth_range(entries: Mapping[str, Any], *, path: Path) -> Float[Tensor, " 2"]:
    missing = [key for key in _RANGE if key not in entries]
    if missing:
        raise ForeignFileError(
            f"{path}/encoder.pth does not say {' and '.join(missing)}: it is no matching network's file"
        )
    return torch.tensor([float(entries[key]) for key in _RANGE])
