"""monodepth2's folders: encoder.pth and depth.pth; pose.pth with pose_encoder.pth, or with the encoder for both."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jaxtyping import Shaped
from torch import Tensor

from hondo.models.published.published import Published, Rules, prefixed, renamed
from hondo.models.published.tensor_files import part, read_entries, read_tensors

# The authors number the decoder's layers: two convolutions a level, the coarsest first, then a head a scale.
_LEVELS = (16, 8, 4, 2, 1)  # strides after the upsampling of each level
_HEADS = (1, 2, 4, 8)
_DECODER: Rules = (
    *((rf"decoder\.{2 * i}\.conv\.(.*)", rf"before.{stride}.0.\1") for i, stride in enumerate(_LEVELS)),
    *((rf"decoder\.{2 * i + 1}\.conv\.(.*)", rf"after.{stride}.0.\1") for i, stride in enumerate(_LEVELS)),
    *((rf"decoder\.{2 * len(_LEVELS) + i}\.(.*)", rf"heads.{stride}.\1") for i, stride in enumerate(_HEADS)),
)
_MOTION = 6  # rotation and translation of one pair; the authors' files hold a second pair that nothing reads


def read_depth(path: Path) -> Published:
    """The depth network; the size it was trained at, where the file says it."""
    entries = read_entries(part(path, "encoder.pth"))
    tensors = resnet_tensors(entries, prefix="network.encoder.") | decoder_tensors(path)
    return Published(tensors=tensors, options=trained_size(entries))


def read_pose(path: Path) -> Published:
    """The pose network: separate where the folder holds an encoder for it, else shared with the depth network."""
    shared = not (path / "pose_encoder.pth").is_file()
    entries = read_entries(part(path, "encoder.pth")) if shared or (path / "encoder.pth").is_file() else {}
    options = {"shared": shared, **trained_size(entries)}
    return Published(tensors=pose_tensors(path, prefix="network.", shared=shared), options=options)


def resnet_tensors(entries: Mapping[str, Any], *, prefix: str) -> dict[str, Shaped[Tensor, "..."]]:
    """A ResNet encoder by the names it has under ``prefix``; its classifier is left out."""
    tensors = {key: value for key, value in entries.items() if isinstance(value, Tensor)}
    return renamed(tensors, ((r"encoder\.(.*)", rf"{prefix}network.\1"),), ignore=(r"encoder\.fc\..*",))


def decoder_tensors(path: Path) -> dict[str, Shaped[Tensor, "..."]]:
    """depth.pth: the U-Net decoder."""
    return prefixed(renamed(read_tensors(part(path, "depth.pth")), _DECODER), "network.decoder.")


def pose_tensors(path: Path, *, prefix: str, shared: bool = False) -> dict[str, Shaped[Tensor, "..."]]:
    """pose.pth and its encoder, by the names they have under ``prefix``."""
    entries = read_entries(part(path, "encoder.pth" if shared else "pose_encoder.pth"))
    rules = tuple((rf"net\.{i}\.(.*)", rf"head.{2 * i}.\1") for i in range(4))  # a ReLU lies between any two
    head = renamed(read_tensors(part(path, "pose.pth")), rules)
    head = {key: tensor[:_MOTION] if key.startswith("head.6.") else tensor for key, tensor in head.items()}
    return resnet_tensors(entries, prefix=f"{prefix}encoder.") | prefixed(head, prefix)


def trained_size(entries: Mapping[str, Any]) -> dict[str, Any]:
    """The option ``size_hw``, from the integers beside the encoder's weights."""
    if "height" not in entries or "width" not in entries:
        return {}
    return {"size_hw": (int(entries["height"]), int(entries["width"]))}
