"""BTS's files: {"model": state dict} of encoder (DenseNet or ResNet) and decoder."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from jaxtyping import Shaped
from torch import Tensor

from hondo.models.published.published import ForeignFileError, Published, Rules, prefixed, renamed
from hondo.models.published.tensor_files import read_tensors

_UPS = ((5, 16), (4, 8), (3, 4), (2, 2), (1, 1))  # the authors' number of a level, its stride
_NARROWING = (("reduc8x8", "planes8"), ("reduc4x4", "planes4"), ("reduc2x2", "planes2"), ("reduc1x1", "guess1"))
_DILATIONS = (3, 6, 12, 18, 24)
_DECODER: Rules = (
    *((rf"upconv{n}\.conv\.(.+)", rf"up{stride}.1.0.\1") for n, stride in _UPS),
    *((rf"bn{n}\.(.+)", rf"up{stride}.2.\1") for n, stride in _UPS),
    (r"bn4_2\.(.+)", r"norm8.\1"),
    *((rf"conv{n}\.0\.(.+)", rf"mix{stride}.0.\1") for n, stride in _UPS),
    *((rf"daspp_{d}\.atrous_conv\.first_bn\.(.+)", rf"atrous.branches.{i}.0.\1") for i, d in enumerate(_DILATIONS)),
    *(
        (rf"daspp_{d}\.atrous_conv\.aconv_sequence\.{theirs}\.(.+)", rf"atrous.branches.{i}.{theirs + 1}.\1")
        for i, d in enumerate(_DILATIONS)
        for theirs in (1, 2, 4)
    ),
    (r"daspp_conv\.0\.(.+)", r"atrous.join.0.\1"),
    (r"get_depth\.0\.(.+)", r"head.\1"),
)


def read(path: Path) -> Published:
    """``encoder`` and ``width`` follow from the file; the range of depth does not: it is the model's (KITTI or NYU)."""
    tensors = read_tensors(path)
    if "decoder.upconv5.conv.weight" not in tensors:
        raise ForeignFileError(f"{path} is no BTS checkpoint: it has no decoder.upconv5.conv.weight")
    base = {key.removeprefix("encoder.base_model."): value for key, value in tensors.items() if "base_model" in key}
    encoder = _encoder(base, path=path)
    home = "features." if encoder.startswith("densenet") else "network."
    decoder = {key.removeprefix("decoder."): value for key, value in tensors.items() if key.startswith("decoder.")}
    known = ("encoder.base_model.", "decoder.")
    others = {key: value for key, value in tensors.items() if not key.startswith(known)}
    ours = {
        **prefixed(renamed(base, (), ignore=(r"fc\..+",)), f"network.encoder.{home}"),
        **prefixed(renamed(decoder, (*_DECODER, *_narrowing_rules(decoder))), "network.decoder."),
        **others,
    }
    return Published(tensors=ours, options={"encoder": encoder, "width": decoder["upconv5.conv.weight"].shape[0]})


def _encoder(base: Mapping[str, Shaped[Tensor, "..."]], *, path: Path) -> str:
    """Which of the authors' encoders it is: by the width of a DenseNet's stem, the depth and groups of a ResNet."""
    if "conv0.weight" in base:
        return {64: "densenet121-transitions", 96: "densenet161-transitions"}[base["conv0.weight"].shape[0]]
    if "layer1.0.conv2.weight" not in base:
        raise ForeignFileError(
            f"{path} holds an encoder of BTS that is no DenseNet and no ResNet; hondo cannot read it"
        )
    is_deep = "layer3.22.conv1.weight" in base
    if base["layer1.0.conv2.weight"].shape[1] < 64:
        return "timm:resnext101_32x8d" if is_deep else "timm:resnext50_32x4d"
    return "timm:resnet101" if is_deep else "timm:resnet50"


def _narrowing_rules(keys: Iterable[str]) -> list[tuple[str, str]]:
    """The authors name a step by its channels (inter_128_64), we by its place."""
    keys, rules = list(keys), []
    for theirs, ours in _NARROWING:
        found = (re.fullmatch(rf"{theirs}\.reduc\.(inter_\d+_(\d+))\.0\.weight", key) for key in keys)
        steps = sorted(((int(step[2]), step[1]) for step in found if step), reverse=True)
        rules += [
            (rf"{theirs}\.reduc\.{name}\.0\.(.+)", rf"{ours}.{place}.0.\1") for place, (_, name) in enumerate(steps)
        ]
        rules.append((rf"{theirs}\.reduc\.(?:plane_params|final\.0)\.(.+)", rf"{ours}.{len(steps)}.\1"))
    return rules
