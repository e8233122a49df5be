"""Imports timm where torchvision's compiled operators cannot be loaded: the one door to both packages.

A torchvision wheel built for CUDA beside a CPU torch finds no operators, and its import then stops with "operator
torchvision::nms does not exist". Hondo uses none of those operators; declaring the two that the import asks for is
enough.
The real import is always tried first, so that a sound installation is left alone.
"""

from importlib import import_module
from types import ModuleType

import torch

_MISSING = "operator torchvision::nms does not exist"
_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_declared: list[torch.library.Library] = []  # a library's schemas live as long as the object does


def import_torchvision() -> ModuleType:
    """The torchvision module; its missing schemas are declared only if its own import fails for want of them."""
    try:
        return import_module("torchvision")
    except RuntimeError as error:
        if _MISSING not in str(error):
            raise
    library = torch.library.Library("torchvision", "FRAGMENT")
    for schema in _SCHEMAS:
        library.define(schema)
    _declared.append(library)
    return import_module("torchvision")


def import_timm() -> ModuleType:
    """The timm module, whatever state torchvision is in."""
    import_torchvision()
    return import_module("timm")
