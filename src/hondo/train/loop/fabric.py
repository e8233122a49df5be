"""Launches Lightning Fabric, which is imported only when something is trained."""

import logging
from typing import TYPE_CHECKING, Literal

import torch

from hondo.core.errors import HondoError, reason_of, unknown
from hondo.models.base.torchvision_guard import import_torchvision
from hondo.train.loop.loop_config import FabricConfig

if TYPE_CHECKING:
    from lightning.fabric import Fabric


def make_fabric(config: FabricConfig) -> "Fabric":
    """A launched Fabric: one process, or one of several that Lightning starts."""
    if config.accelerator == "cuda" and not torch.cuda.is_available():
        raise HondoError(
            'fabric.accelerator is cuda, but torch sees no GPU here; use "cpu"', field="fabric.accelerator"
        )
    import_torchvision()  # lightning imports it, and it may be broken beside a CPU torch
    from lightning.fabric import Fabric
    from lightning.fabric.strategies import STRATEGY_REGISTRY

    for name in ("lightning.fabric", "lightning.pytorch"):
        logging.getLogger(name).setLevel(logging.WARNING)  # they repeat the settings
    places = {"accelerator": config.accelerator, "devices": config.devices, "strategy": config.strategy}
    try:
        fabric = Fabric(**places, precision=_precision(config))
    except (ValueError, TypeError, RuntimeError) as error:  # RuntimeError: a GPU or a strategy's package is missing
        known = [*STRATEGY_REGISTRY.available_strategies(), "auto"]
        if config.strategy not in known:
            raise unknown("fabric.strategy", config.strategy, known, field="fabric.strategy") from error
        raise HondoError(
            f"fabric.devices={config.devices}, fabric.strategy={config.strategy} and fabric.accelerator="
            f"{config.accelerator} cannot be had on this machine: {reason_of(error)[:200]}"
        ) from error
    fabric.launch()
    return fabric


def _precision(config: FabricConfig) -> Literal["32-true", "bf16-mixed", "16-mixed"]:
    if config.precision != "auto":
        return config.precision
    is_gpu = torch.cuda.is_available() and config.accelerator in ("auto", "cuda")
    is_fast = torch.cuda.is_bf16_supported() if is_gpu else has_fast_bf16()
    return "bf16-mixed" if is_fast else "32-true"


def has_fast_bf16() -> bool:
    """Whether this CPU multiplies bfloat16 matrices in hardware (Intel AMX); others do so slower than float32."""
    return bool(getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)())
