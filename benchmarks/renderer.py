"""Frames a second of the synthetic renderer: python benchmarks/renderer.py [--quick] [--size HxW] [--device cpu]

Each process renders with one thread (as the pool does), `--workers` of them side by side. Building the scenes counts.
"""

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

from hondo.core.report import Report, Row
from hondo.core.types import Camera, Size
from hondo.synthetic.rendering.render import render
from hondo.synthetic.rendering.scene import stack
from hondo.synthetic.rendering.textures import make_atlas
from hondo.synthetic.scenes import make_views
from hondo.synthetic.viewpoints import walk
from hondo.synthetic.worlds.registry import MIXTURE, make_world

FRAMES_A_SCENE = 8
KINDS = {"simple": {"simple": 1.0}, "full": MIXTURE}


def frames_per_second(kind: str, *, size_hw: Size, scenes: int, seed: int, device: str) -> float:
    """Of one process: scenes of the kind, each seen along a walk; the first scene warms up and does not count."""
    atlas = make_atlas().to(device)
    for index in range(scenes + 1):
        if index == 1:
            start = time.perf_counter()
        rng = np.random.default_rng([seed, index])
        scene = walk(make_world(rng, make_atlas(), KINDS[kind]), rng, FRAMES_A_SCENE)
        views = make_views([scene], [Camera.from_fov(70, size_hw=size_hw)])
        render(stack([scene]).to(device), views.to(device), atlas).image.cpu()
    return scenes * FRAMES_A_SCENE / (time.perf_counter() - start)


def measure(*, size_hw: Size, scenes: int, workers: int, device: str) -> Report:
    rows = []
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        for kind in KINDS:
            jobs = [
                pool.submit(frames_per_second, kind, size_hw=size_hw, scenes=scenes, seed=seed, device=device)
                for seed in range(workers)
            ]
            total = sum(job.result() for job in jobs)
            rows.append(Row(name="frames a second", value=total, better="higher", subject=f"{kind} scenes"))
    notes = (f"{size_hw[1]}x{size_hw[0]} px, {workers} processes, {device}",)
    return Report(title="Synthetic renderer", rows=tuple(rows), notes=notes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one small scene of each kind: does it run?")
    parser.add_argument("--size", default="192x256")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    height, width = map(int, options.size.split("x"))
    size_hw, scenes = ((48, 64), 1) if options.quick else ((height, width), 12)
    workers = 1 if options.quick else options.workers
    report = measure(size_hw=size_hw, scenes=scenes, workers=workers, device=options.device)
    print(report.to_markdown())
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(report.to_json() + "\n")


if __name__ == "__main__":
    main()
