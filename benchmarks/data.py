"""How fast training data is read: python benchmarks/data.py [--seconds 20] [--quick] [--json docs/reports/data.json]

Samples a second from trees in the layouts of KITTI (JPEG of 1242x375 with annotated depth, at 640x192) and NYU (BTS,
640x480 at 320x240), with mirror and colour jitter, in batches of 8 on two workers: hondo's stream (threads) against
torch's DataLoader (processes) with torchvision doing the same, where torchvision can be imported. Beside the rates: the
processor time of a sample, which a busy machine changes less, and the rate that is wanted on two cores.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from hondo.core.atomic import atomic_write
from hondo.core.report import Report, Row
from hondo.core.types import Size
from hondo.data.augment.augment import augment
from hondo.data.datasets.clip_files import list_images
from hondo.data.datasets.embedded_clip import embedded_clip
from hondo.data.datasets.registry import open_dataset
from hondo.data.loading.batches import ShuffledBatches
from hondo.data.loading.collate import collate
from hondo.data.published.layout_samples import LayoutSamples
from hondo.images.read import read_image, write_image

SIZE_HW: dict[str, Size] = {"kitti": (192, 640), "nyu-bts": (240, 320)}
WANTED = {"kitti": 60.0, "nyu-bts": 80.0}  # samples a second on two cores
BATCH, WORKERS = 8, 2
DRIVE = "2011_09_26_drive_0001_sync"


def write_pair(image: Path, depth: Path, rgb: np.ndarray, *, size_hw: Size, factor: float, share: float) -> None:
    """An image at a size, and a ramp of depth (metres x factor) that is known at a share of its pixels."""
    image.parent.mkdir(parents=True, exist_ok=True)
    depth.parent.mkdir(parents=True, exist_ok=True)
    write_image(image, cv2.resize(rgb, size_hw[::-1], interpolation=cv2.INTER_CUBIC))
    ramp = np.linspace(25, 5, size_hw[0])[:, None] * np.ones(size_hw[1]) * (0.15 if factor == 1000 else 1)
    known = np.random.default_rng(0).random(size_hw) < share
    cv2.imwrite(str(depth), np.where(known, ramp * factor, 0).astype(np.uint16))


def write_trees(root: Path, *, count: int) -> dict[str, Path]:
    for number, source in enumerate(islice(cycle(list_images(embedded_clip().images)), count)):
        rgb, name = read_image(source), f"{number:010d}"
        kitti, scene = root / "kitti", root / "nyu-bts/sync/kitchen_0001"
        write_pair(
            kitti / f"2011_09_26/{DRIVE}/image_02/data/{name}.jpg",
            kitti / f"train/{DRIVE}/proj_depth/groundtruth/image_02/{name}.png",
            rgb, size_hw=(375, 1242), factor=256, share=0.16,
        )  # fmt: skip
        pair = scene / f"rgb_{number:05d}.jpg", scene / f"sync_depth_{number:05d}.png"
        write_pair(*pair, rgb, size_hw=(480, 640), factor=1000, share=0.9)
    calibration = "S_rect_02: 1242 375\nP_rect_02: 721.5 0 609.6 44.9 0 721.5 172.9 0.2 0 0 1 0\n"
    (root / "kitti/2011_09_26/calib_cam_to_cam.txt").write_text(calibration)
    return {name: root / name for name in SIZE_HW}


class PlainPairs(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """The same pairs by torchvision: decoded, scaled with antialiasing, mirrored and jittered by chance."""

    def __init__(self, samples: LayoutSamples, size_hw: Size) -> None:
        from torchvision.transforms import v2

        self.pairs = [(str(item.path), str(item.depth)) for item in samples.items]
        self.resize = v2.Resize(size_hw, antialias=True)
        self.jitter = v2.RandomApply([v2.ColorJitter(0.2, 0.2, 0.2, 0.1)], p=0.5)
        self.size_hw, self.factor = size_hw, samples.used_divisor

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        from torchvision.io import decode_image

        image, depth = self.pairs[index]
        pixels = self.resize(decode_image(image).float() / 255)
        stored = cv2.imread(depth, cv2.IMREAD_UNCHANGED)
        assert stored is not None
        stored = cv2.resize(stored, self.size_hw[::-1], interpolation=cv2.INTER_NEAREST)
        metres = torch.from_numpy(stored.astype(np.float32) / self.factor)[None]
        if torch.rand(()) < 0.5:
            pixels, metres = pixels.flip(-1), metres.flip(-1)
        return self.jitter(pixels), metres


def rates(batches: Iterator[Any], *, seconds: float) -> tuple[float, float]:
    """Samples a second after a few batches to warm up, and processor milliseconds of this process a sample."""
    for _ in range(3 if seconds >= 1 else 1):
        next(batches)
    count, start, used = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - start < seconds:
        next(batches)
        count += BATCH
    return count / (time.perf_counter() - start), 1000 * (time.process_time() - used) / count


def has_torchvision() -> bool:
    try:
        import torchvision.io  # noqa: F401
    except (ImportError, RuntimeError):  # not there, or of another build than torch
        return False
    return True


def measure(root: Path, *, seconds: float, count: int) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for name, folder in write_trees(root, count=count).items():
        samples = open_dataset(name, root=folder, size_hw=SIZE_HW[name])
        assert isinstance(samples, LayoutSamples)
        stream = ShuffledBatches(samples, batch_size=BATCH, collate=collate, augment=augment, workers=WORKERS)
        hondo, processor = rates(iter(stream), seconds=seconds)
        found[name] = {"hondo": hondo, "processor": processor, "wanted": WANTED[name]}
        if has_torchvision():
            loader = DataLoader(PlainPairs(samples, SIZE_HW[name]), batch_size=BATCH, shuffle=True, num_workers=WORKERS)
            endless = (batch for _ in iter(int, 1) for batch in loader)
            found[name]["torchvision"] = rates(endless, seconds=seconds)[0]
    return found


def report(found: dict[str, dict[str, float]]) -> Report:
    units = {"processor": ("ms/sample", "lower")}
    rows = []
    for name, numbers in found.items():
        subject = f"{name} {SIZE_HW[name][1]}x{SIZE_HW[name][0]}"
        for which, value in numbers.items():
            unit, better = units.get(which, ("samples/s", "higher"))
            rows.append(Row(name=which, value=value, unit=unit, better=better, subject=subject))
    notes = () if has_torchvision() else ("torchvision cannot be imported here: not compared",)
    return Report(title="Reading training data", rows=tuple(rows), notes=notes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement")
    parser.add_argument("--quick", action="store_true", help="a few images and tenths of a second")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        if options.quick:
            measured = report(measure(Path(folder), seconds=0.05, count=8))
        else:
            measured = report(measure(Path(folder), seconds=options.seconds, count=240))
    print(measured.to_markdown())
    if options.json is not None:
        atomic_write(options.json, measured.to_json().encode())


if __name__ == "__main__":
    main()
