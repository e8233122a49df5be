"""AdaBins' files: {"model": state dict}, with the names of the released code or of its first version."""

from pathlib import Path

from hondo.models.published.published import ForeignFileError, Published, renamed
from hondo.models.published.tensor_files import read_tensors

_VIT = r"adaptive_bins_layer"
_LAYER = rf"{_VIT}\.patch_transformer\.transformer_encoder\.layers\.(\d+)"
_OURS = r"network.decoder.vit"
_RULES = (
    (r"encoder\.original_model\.(.+)", r"network.encoder.\1"),
    (r"decoder\.conv2\.(.+)", r"network.decoder.decoder.reduce.\1"),
    *((rf"decoder\.up{n}\._net\.([01]\..+)", rf"network.decoder.decoder.ups.{n - 1}.0.\1") for n in range(1, 5)),
    *((rf"decoder\.up{n}\._net\.3\.(.+)", rf"network.decoder.decoder.ups.{n - 1}.1.0.\1") for n in range(1, 5)),
    *((rf"decoder\.up{n}\._net\.4\.(.+)", rf"network.decoder.decoder.ups.{n - 1}.1.1.\1") for n in range(1, 5)),
    (r"decoder\.conv3\.(.+)", r"network.decoder.decoder.project.\1"),
    (rf"{_LAYER}\.self_attn\.in_proj_(weight|bias)", rf"{_OURS}.blocks.\1.attention.qkv.\2"),
    (rf"{_LAYER}\.self_attn\.out_proj\.(.+)", rf"{_OURS}.blocks.\1.attention.proj.\2"),
    (rf"{_LAYER}\.(.+)", rf"{_OURS}.blocks.\1.\2"),
    (rf"{_VIT}\.patch_transformer\.positional_encodings", rf"{_OURS}.positions"),
    (rf"{_VIT}\.patch_transformer\.(?:embedding_convPxP|embedding_encoder)\.(.+)", rf"{_OURS}.embed.\1"),
    (rf"{_VIT}\.(?:conv3x3|embedding_conv)\.(.+)", rf"{_OURS}.conv.\1"),
    (rf"{_VIT}\.regressor\.(.+)", rf"{_OURS}.regressor.\1"),
    (r"conv_out\.0\.(.+)", r"network.decoder.classify.\1"),
)
# The features are taken in front of the encoder's last normalisation and its classifier.
_IGNORED = (r"encoder\.original_model\.(bn2|classifier)\..+",)


def read(path: Path) -> Published:
    """``bins`` follows from the file; the range of depth does not: it is the model's (KITTI or NYU)."""
    tensors = read_tensors(path)
    if "conv_out.0.weight" not in tensors:
        raise ForeignFileError(f"{path} is no AdaBins checkpoint: it has no conv_out.0.weight")
    return Published(
        tensors=renamed(tensors, _RULES, ignore=_IGNORED), options={"bins": tensors["conv_out.0.weight"].shape[0]}
    )
