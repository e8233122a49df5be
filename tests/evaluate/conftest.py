"""A tiny data set on disk."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

SIZE_HW = (24, 32)


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """A manifest of four pairs of 24x32 in two domains; the upper left corner of each depth map is unknown."""
    root = tmp_path / "pairs"
    (root / "image").mkdir(parents=True)
    (root / "depth").mkdir()
    with (root / "manifest.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "image", "depth", "divide_by", "fx", "fy", "cx", "cy", "width", "height", "domain"])
        for index in range(4):
            rng = np.random.default_rng(index)
            millimetres = rng.integers(1000, 8000, SIZE_HW).astype(np.uint16)
            millimetres[:4, :4] = 0
            image, depth = f"image/{index:03d}.png", f"depth/{index:03d}.png"
            cv2.imwrite(str(root / image), rng.integers(0, 255, (*SIZE_HW, 3)).astype(np.uint8))
            cv2.imwrite(str(root / depth), millimetres)
            camera = (30, 30, 16, 12) if index < 3 else (0, 0, 0, 0)
            domain = "indoor" if index < 2 else "driving"
            rows.writerow((f"{domain}_{index}", image, depth, 1000, *camera, 32, 24, domain))
    return root
