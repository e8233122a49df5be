"""How fast predictions of others are scored: python benchmarks/score_predictions.py [--quick] [--json FILE]

652 predictions of 375x1242 as PNG16, made up as pairs with sparse depth as of LiDAR (one pixel in six), scored by what
`hondo evaluate` calls. Wall time on this machine, processor time (which a busy machine changes less), and how much the
largest memory grows between a quarter of the images and all of them.
"""

import argparse
import csv
import resource
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from hondo.core.atomic import atomic_write
from hondo.core.report import Report, Row
from hondo.evaluate.evaluate_dataset import EvaluationSettings, evaluate_dataset

SIZE_HW = (375, 1242)
DIFFERENT = 8  # images, which repeat under different names
PROTOCOL = "kitti-eigen-annotated-garg"
WANTED_S = 25.0  # of all 652 on two cores


def write_tree(root: Path, *, count: int) -> None:
    """Images, truth and predictions; a prediction is the truth without holes, a few percent off."""
    for folder in ("image", "depth", "theirs"):
        (root / folder).mkdir()
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[: SIZE_HW[0], : SIZE_HW[1]]
    for number in range(count):
        if number < DIFFERENT:
            image = cv2.resize(rng.integers(0, 256, (47, 155, 3), dtype=np.uint8), SIZE_HW[::-1])
            depth = 5 + 600 / (10 + rows) + 3 * np.sin(columns / 40 + number)
            noise = cv2.resize(rng.normal(1, 0.05, (47, 155)), SIZE_HW[::-1])
            known = rng.random(SIZE_HW) < 1 / 6
            files = {
                "image": image,
                "depth": np.where(known, 256 * depth, 0).astype(np.uint16),
                "theirs": (256 * depth * noise).astype(np.uint16),
            }
            for folder, values in files.items():
                cv2.imwrite(str(root / folder / f"{number:04d}.png"), values)
        else:
            for folder in ("image", "depth", "theirs"):
                (root / folder / f"{number:04d}.png").hardlink_to(root / folder / f"{number % DIFFERENT:04d}.png")
    with (root / "manifest.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("image", "depth", "divide_by"))
        table.writerows((f"image/{n:04d}.png", f"depth/{n:04d}.png", 256) for n in range(count))


def scored(root: Path, *, every: int = 1) -> tuple[float, float, float]:
    """Wall seconds, processor seconds, and the largest memory of the process so far in MB."""
    settings = EvaluationSettings(subject=str(root / "theirs"), root=root, protocol=PROTOCOL, every=every)
    wall, processor = time.perf_counter(), time.process_time()
    evaluate_dataset(settings)
    took = time.perf_counter() - wall, time.process_time() - processor
    return *took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(root: Path, *, count: int) -> Report:
    write_tree(root, count=count)
    few = scored(root, every=4)
    wall, processor, memory = scored(root)
    subject = f"{count} predictions of {SIZE_HW[0]}x{SIZE_HW[1]}"
    numbers = {"wall": (wall, "s"), "processor": (processor, "s"), "per image": (1000 * processor / count, "ms CPU")}
    numbers |= {"memory": (memory, "MB"), "growth": (memory - few[2], "MB"), "wanted": (WANTED_S * count / 652, "s")}
    rows = (Row(name=name, value=value, unit=unit, subject=subject) for name, (value, unit) in numbers.items())
    return Report(title="Scoring predictions of others", rows=tuple(rows), protocol=PROTOCOL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few images")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = measure(Path(folder), count=12 if options.quick else 652)
    print(report.to_markdown())
    if options.json is not None:
        atomic_write(options.json, report.to_json().encode())


if __name__ == "__main__":
    main()
