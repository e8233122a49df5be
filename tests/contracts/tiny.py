"""Options that make a large member of the zoo small: what the contract tests build in its place."""

from typing import Any

_ADABINS = {"encoder": "timm:tf_efficientnet_lite0", "bins": 16, "width": 64, "dim": 8}
DPT_TINY: dict[str, Any] = {
    "encoder": "timm:vit_tiny_patch16_224",
    "hooks": (0, 1, 2, 3),
    "features": 16,
    "widths": (8, 16, 24, 32),
    "size_hw": (224, 224),
    "multiple_of": 32,
}
_BTS = {"encoder": "timm:resnet18", "width": 256}
_RESNET = "timm:test_resnet"
_MANYDEPTH = {"encoder": _RESNET, "pose_encoder": _RESNET, "num_depths": 4}
_GLPN = {"encoder": "mit-b0", "width": 16}

TINY: dict[str, dict[str, Any]] = {
    "manydepth": _MANYDEPTH,
    "manydepth-resnet50": _MANYDEPTH,
    "monodepth2-resnet50": {"encoder": _RESNET},
    "adabins-kitti": _ADABINS,
    "adabins-nyu": _ADABINS,
    "depth-anything-s": DPT_TINY,
    "depth-anything-s-indoor": DPT_TINY,
    "depth-anything-s-outdoor": DPT_TINY,
    "depth-anything-b": DPT_TINY,
    "depth-anything-b-indoor": DPT_TINY,
    "depth-anything-b-outdoor": DPT_TINY,
    "depth-anything-l": DPT_TINY,
    "depth-anything-l-indoor": DPT_TINY,
    "depth-anything-l-outdoor": DPT_TINY,
    "dpt": DPT_TINY,
    "dpt-base": DPT_TINY,
    "dpt-fast": {"encoder": "mobilenetv4_conv_small+vit_tiny_patch16_224", "features": 16},
    "dpt-hybrid": {"hooks": (0, 1), "features": 16},
    "dpt-hybrid-kitti": DPT_TINY,
    "dpt-hybrid-nyu": DPT_TINY,
    "dpt-large": DPT_TINY,
    "dpt-thesis": {"encoder": "efficientnet_b0", "attention": "performer", "hooks": (0, 1), "features": 16},
    "eigen2014": {"size_hw": (64, 96), "hidden": 16, "width": 0.1},
    "bts-kitti": _BTS,
    "bts-nyu": _BTS,
    "glpn-kitti": _GLPN,
    "glpn-nyu": _GLPN,
}
