"""Options that make a large member of the zoo small: what the contract tests build in its place."""

from typing import Any

_ADABINS = {"encoder": "timm:tf_efficientnet_lite0", "bins": 16, "width": 64, "dim": 8}

TINY: dict[str, dict[str, Any]] = {
    "manydepth": {"num_depths": 8},
    "manydepth-resnet50": {"num_depths": 8},
    "adabins-kitti": _ADABINS,
    "adabins-nyu": _ADABINS,
}
