"""Writes the winner as a file, measures the file twice, and promises the frame rate that both times held."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from hondo.engines.registry import ENGINES
from hondo.evaluate.speed.memory import MIB, file_size_mib
from hondo.recipes.fitting.fit_choice import missed
from hondo.recipes.fitting.fit_measure import MB, Workbench
from hondo.recipes.fitting.fit_results import Result, Winner
from hondo.recipes.fitting.fit_target import FitTarget
from hondo.recipes.fitting.fit_truth import Truth

RUNS, SECONDS = 60, 6.0  # of each of the two measurements
TRIED = 4  # candidates whose files are written before the search says that the target is not met
HOLDS = 0.97  # share of the asked frame rate that the second measurement must give
MEMORY_PROGRAM = """
import sys
import numpy as np
import hondo
from hondo.evaluate.speed.memory import PeakMemory
predictor = hondo.load(sys.argv[1], device=sys.argv[2], size_hw=None, precision="fp32")
image = np.zeros((int(sys.argv[3]), int(sys.argv[4]), 3), dtype=np.uint8)
for _ in range(3):
    predictor(image)
print("peak", PeakMemory("cpu").mib())
"""


def first_that_holds(
    bench: Workbench, order: Sequence[Result], truth: Truth, *, folder: Path, say: Callable[[str], None]
) -> Winner:
    """The first of ``order`` whose file meets the target in both measurements, else the one that misses least."""
    tried: list[Winner] = []
    hopeful = [each for each in order[:TRIED] if not missed(each, bench.target)] or order[:1]
    for result in hopeful:
        say(f"writing and measuring {result.label}")
        winner = written(bench, result, truth, folder=folder)
        if not winner.missed:
            return winner
        tried.append(winner)
    best = min(tried, key=lambda each: (len(each.missed), -each.promised_fps))
    return best if best is tried[-1] else written(bench, best.result, truth, folder=folder)


def written(bench: Workbench, result: Result, truth: Truth, *, folder: Path) -> Winner:
    """Exports, loads the file as a user would, and measures it."""
    variant, target = result.variant, bench.target
    for old in (*folder.glob("model.*"),):
        old.unlink()
    path = bench.export(variant, folder / f"model{ENGINES[variant.engine].suffix}", weights=result.weights)
    timings = []
    for _ in range(2):
        with bench.load_file(variant, path) as predictor:
            timings.append(bench.timed(predictor, runs=RUNS, seconds=SECONDS))
            error = truth.error(predictor)
    size = file_size_mib(path)
    final = replace(
        result, latency_ms=timings[0].median_ms, high_ms=timings[0].high_ms, error=error,
        file_mb=None if size is None else size * MIB / MB, doubts=(*timings[0].doubts(), *timings[1].doubts()),
        memory_mb=_memory_mb(path, target, bench.image_hw),
    )  # fmt: skip
    promised, again = 1000 / max(each.high_ms for each in timings), 1000 / timings[1].median_ms
    misses = list(target.missed(latency_ms=final.latency_ms, file_mb=final.file_mb, memory_mb=final.memory_mb))
    if not misses and again < HOLDS * target.fps:
        misses.append(f"{again:.1f} FPS of {target.fps:g} when it was measured again")
    return Winner(result=final, path=path, promised_fps=promised, again_fps=again, missed=tuple(misses))


def _memory_mb(path: Path, target: FitTarget, image_hw: tuple[int, int]) -> float | None:
    """The peak memory of a process that runs the file; measured only where there is a limit."""
    if target.max_memory_mb is None:
        return None
    source = Path(__file__).resolve().parents[3]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(source), os.environ.get("PYTHONPATH", "")])}
    arguments = [str(path), target.device, *map(str, image_hw)]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", MEMORY_PROGRAM, *arguments], capture_output=True, text=True,
        env=environment,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith("peak ")]
    return float(lines[-1].split()[1]) * MIB / MB if lines else None
