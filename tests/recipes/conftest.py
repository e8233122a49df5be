"""A clip and a manifest small enough to train on in a second."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

SIZE = (40, 64)


def _texture() -> np.ndarray:
    noise = np.random.default_rng(0).integers(0, 255, (SIZE[0], SIZE[1] + 40, 3), dtype=np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 1.5)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Seven images of a wall that passes by, with intrinsics."""
    folder = tmp_path / "clip"
    (folder / "images").mkdir(parents=True)
    for number in range(7):
        window = _texture()[:, 3 * number : 3 * number + SIZE[1]]
        cv2.imwrite(str(folder / "images" / f"{number:03d}.png"), window)
    camera = {"fx": 40, "fy": 40, "cx": 32, "cy": 20, "width": SIZE[1], "height": SIZE[0]}
    (folder / "intrinsics.json").write_text(json.dumps(camera))
    return folder


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Four images with depth in millimetres."""
    folder = tmp_path / "rgbd"
    folder.mkdir()
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "depth", "divide_by"])
        for number in range(4):
            cv2.imwrite(str(folder / f"{number}.png"), _texture()[:, number : number + SIZE[1]])
            ramp = np.linspace(1000, 4000, SIZE[0])[:, None].repeat(SIZE[1], 1).astype(np.uint16)
            cv2.imwrite(str(folder / f"{number}d.png"), ramp)
            writer.writerow([f"{number}.png", f"{number}d.png", 1000])
    return folder
