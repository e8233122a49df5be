"""Lightning Fabric as hondo uses it, imported only when something is trained."""

from typing import TYPE_CHECKING

import torch

from hondo.core.errors import HondoError
from hondo.models.torchvision_guard import import_torchvision
from hondo.train.config import FabricConfig

if TYPE_CHECKING:
    from lightning.fabric import Fabric


def make_fabric(config: FabricConfig) -> "Fabric":
    """A launched Fabric: one process, or one of several that Lightning starts."""
    if config.accelerator == "cuda" and not torch.cuda.is_available():
        raise HondoError("fabric.accelerator is cuda, but torch sees no GPU here; use --fabric.accelerator cpu")
    import_torchvision()  # lightning imports it, and it may be broken beside a CPU torch
    from lightning.fabric import Fabric

    fabric = Fabric(
        accelerator=config.accelerator, devices=config.devices, strategy=config.strategy, precision=config.precision
    )
    fabric.launch()
    return fabric
