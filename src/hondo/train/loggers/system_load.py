"""How busy the machine is while a run trains: load of the CPUs, memory of the process and of the GPU."""

import os
import resource
import sys

import torch


def system_load() -> dict[str, float]:
    """cpu_load (processes per CPU over the last minute), memory_mb and gpu_memory_mb (peaks of this process)."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    values = {"memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6}
    if hasattr(os, "getloadavg"):
        values["cpu_load"] = os.getloadavg()[0] / (os.cpu_count() or 1)
    if torch.cuda.is_available():
        values["gpu_memory_mb"] = torch.cuda.max_memory_allocated() / 1e6
    return values
