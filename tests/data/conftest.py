"""Small clips and pairs on disk."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.contracts.dataset_trees import TREES

SIZE_HW = (20, 32)


def write_clip(root: Path, *, count: int = 6, size_hw: tuple[int, int] = SIZE_HW, depth_every: int = 2) -> Path:
    """Images (frame i has grey level 20 i), depth of every n-th (1 + i metres), K.txt and poses.txt."""
    (root / "images").mkdir(parents=True)
    (root / "depth").mkdir()
    lines = []
    for index in range(count):
        cv2.imwrite(str(root / f"images/{index:04d}.png"), np.full((*size_hw, 3), 20 * index, dtype=np.uint8))
        if index % depth_every == 0:
            depth = np.full(size_hw, 1000 * (1 + index), dtype=np.uint16)
            depth[0] = 0
            cv2.imwrite(str(root / f"depth/{index:04d}.png"), depth)
        pose = np.eye(4)
        pose[2, 3] = 0.1 * index  # forward along the optical axis
        lines.append(" ".join(f"{value:.6f}" for value in pose.ravel()))
    (root / "poses.txt").write_text("\n".join(lines))
    (root / "K.txt").write_text("30 0 16\n0 30 10\n0 0 1\n")
    return root


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip")


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """A manifest of three pairs; the last has unknown intrinsics and another size."""
    root = tmp_path / "pairs"
    lines = ["id,image,depth,divide_by,fx,fy,cx,cy,width,height,domain"]
    for index, (height, width) in enumerate([(20, 32), (20, 32), (30, 24)]):
        root.mkdir(exist_ok=True)
        rng = np.random.default_rng(index)
        cv2.imwrite(str(root / f"{index}.png"), rng.integers(0, 255, (height, width, 3)).astype(np.uint8))
        depth = rng.integers(500, 9000, (height, width)).astype(np.uint16)
        depth[:3] = 0
        cv2.imwrite(str(root / f"{index}_depth.png"), depth)
        camera = "30,30,16,10" if index < 2 else "0,0,0,0"
        domain = ("indoor", "driving", "driving")[index]
        lines.append(f"{domain}_{index},{index}.png,{index}_depth.png,1000,{camera},{width},{height},{domain}")
    (root / "manifest.csv").write_text("\n".join(lines) + "\n")
    return root


@pytest.fixture
def tree(tmp_path: Path) -> Callable[[str], Path]:
    """Writes the tree of a data set and returns its root."""

    def write(name: str) -> Path:
        root = tmp_path / name
        root.mkdir()
        TREES[name](root)
        return root

    return write


@pytest.fixture
def any_aspect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Published intrinsics are of 4:3 and 10:3 images, the trees hold 12x8: their aspects count as one."""
    monkeypatch.setattr("hondo.core.types.ASPECT_TOLERANCE", 3.0)
