"""Under what a measurement was made: threads, the cores that may be used, how busy the machine was."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """``threads``: what was asked for, None for the engine's own choice. ``load``: of the minute before (Unix)."""

    threads: int | None
    torch_threads: int
    affinity: tuple[int, ...]
    load: float | None

    def __str__(self) -> str:
        threads = f"threads {self.threads or 'as the engine chooses'} (torch {self.torch_threads})"
        cores = f"cores {','.join(map(str, self.affinity))}" if self.affinity else "any core"
        return f"{threads}, {cores}" + ("" if self.load is None else f", load {self.load:.1f} before")


def conditions(threads: int | None = None) -> Conditions:
    """Those of this moment."""
    import torch

    affinity = tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return Conditions(threads=threads, torch_threads=torch.get_num_threads(), affinity=affinity, load=load)
