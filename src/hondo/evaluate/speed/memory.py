"""What a model takes: the most memory held while it runs, and the size of its file."""

import os
import resource
import sys
from pathlib import Path

MIB = 2**20


def file_size_mib(path: Path | None) -> float | None:
    """The size of a model's file; an OpenVINO .xml counts with its .bin."""
    if path is None:
        return None
    parts = {path, path.with_suffix(".bin")} if path.suffix == ".xml" else {path}
    return sum(part.stat().st_size for part in parts) / MIB


class PeakMemory:
    """The most memory held since this was made: of the GPU on CUDA, else resident memory of the process (Linux)."""

    def __init__(self, device: str) -> None:
        self._on_cuda = device.startswith("cuda")
        if self._on_cuda:
            import torch

            torch.cuda.reset_peak_memory_stats()
        else:
            _forget_peak()

    def mib(self) -> float:
        """The peak so far."""
        if self._on_cuda:
            import torch

            return torch.cuda.max_memory_allocated() / MIB
        status = Path("/proc/self/status")
        if status.exists():
            peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
            return int(peak.split()[1]) / 1024
        unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, others KiB
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MIB


def _forget_peak() -> None:
    """Sets Linux's high-water mark back to what is held now; where that is not allowed it stays the whole past's."""
    reset = Path("/proc/self/clear_refs")
    if os.access(reset, os.W_OK):
        try:
            reset.write_text("5")
        except OSError:
            return
