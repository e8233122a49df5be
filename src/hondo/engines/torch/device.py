"""torch devices by name, and the context in which a network computes in half precision."""

from collections.abc import Callable
from contextlib import nullcontext

import torch

from hondo.core.errors import HondoError

DEVICES = ("cpu", "cuda", "mps", "xpu")


def torch_device(name: str) -> torch.device:
    """The torch device of a name; ``auto`` takes CUDA where there is one."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise HondoError(f"device '{name}' is unknown; use auto, cpu, cuda, cuda:N or mps", field="device") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise HondoError(f"device '{name}': torch finds {count} CUDA devices here; use cpu", field="device")
    return device


def mixed_precision(target: torch.device, precision: str) -> Callable:
    """Makes the context in which a network computes in ``precision``, with its weights in float32."""
    dtype = {"fp16": torch.float16, "bf16": torch.bfloat16}.get(precision)
    return nullcontext if dtype is None else lambda: torch.autocast(target.type, dtype=dtype)
