"""What steadiness gives and costs: python benchmarks/steadiness.py [--quick] [--json docs/reports/steadiness.json]

hondo-nano on the embedded clip and on a rendered walk, as it is and steadied: flicker, abs_rel (median alignment), and
the milliseconds that the filter alone takes for a frame (the median; the walk is 192x640).
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from hondo.core.report import Report, Row
from hondo.core.sample import Sample
from hondo.core.types import Camera, DepthMap
from hondo.data.datasets.clip import Frames
from hondo.data.datasets.embedded_clip import embedded_clip
from hondo.engines.load import load
from hondo.evaluate.accuracy.evaluation import evaluate_samples, image_of
from hondo.evaluate.flicker.flicker import measure_flicker
from hondo.synthetic.rendering.render import render
from hondo.synthetic.rendering.scene import stack
from hondo.synthetic.rendering.textures import make_atlas
from hondo.synthetic.scenes import make_views
from hondo.synthetic.viewpoints import walk
from hondo.synthetic.worlds.registry import make_world
from hondo.video.temporal.steady import Steady

WALK_HW, WALK_SEED, PACE = (192, 640), 3, 0.25  # a quarter of the renderer's step a frame: about 30 frames a second


def rendered_walk(count: int) -> list[Sample]:
    """A hand-held walk through a rendered room, with exact depth."""
    rng, atlas = np.random.default_rng([WALK_SEED, 11]), make_atlas()
    world = make_world(rng, atlas, {"room": 1.0})
    slow = replace(world, eye=lambda rng: replace(eye := world.eye(rng), speed=PACE * eye.speed))
    scene, camera = walk(slow, rng, count), Camera.from_fov(70, size_hw=WALK_HW)
    frames = render(stack([scene]), make_views([scene], [camera]), atlas)
    valid = torch.isfinite(frames.depth)
    depth = torch.where(valid, frames.depth, 0.0)
    return [
        Sample(image=frames.image[i].cpu(), depth_gt=depth[i].cpu(), valid=valid[i].cpu(), origin=f"walk {i}")
        for i in range(count)
    ]


def rows(name: str, frames: Sequence[Sample], *, engine: str) -> list[Row]:
    """Raw and steadied predictions of one video."""
    predictor, steady, times = load("hondo-nano", engine=engine), Steady(), []
    raw = {sample.origin: predictor(image_of(sample)) for sample in frames}
    calm = {}
    for sample in frames:
        image = image_of(sample)
        start = time.perf_counter()
        calm[sample.origin] = steady(image, raw[sample.origin])
        times.append(1000 * (time.perf_counter() - start))
    cost = Row(name="filter", value=float(np.median(times[1:])), unit="ms", better="lower", subject=f"{name}, steadied")
    return [*scores(f"{name}, as predicted", raw, frames), *scores(f"{name}, steadied", calm, frames), cost]


def scores(subject: str, maps: dict[str, DepthMap], frames: Sequence[Sample]) -> list[Row]:
    predict = lambda sample: maps[sample.origin]  # noqa: E731
    measured = [sample for sample in frames if sample.depth_gt is not None]
    accuracy = evaluate_samples(predict, measured, subject=subject, align="median").mean()
    error = Row(name="abs_rel", value=accuracy.abs_rel, better="lower", subject=subject)
    return [*measure_flicker(predict, frames).rows(subject), error]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few frames")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    count, stop, engine = (3, 5, "torch") if given.quick else (60, None, "auto")  # quick: nothing to compile
    videos = {
        "embedded clip": list(Frames(embedded_clip().folder, with_depth=False, stop=stop)),
        "rendered walk": rendered_walk(count),
    }
    found = [row for name, frames in videos.items() for row in rows(name, frames, engine=engine)]
    report = Report(title="Steadiness of hondo-nano", rows=tuple(found), protocol="dense, median alignment")
    print(report.to_markdown())
    if given.json is not None:
        given.json.write_text(report.to_json() + "\n")


if __name__ == "__main__":
    main()
