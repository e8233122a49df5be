"""Recordings of Stray Scanner: several in a folder, frames by their number, more depth maps than frames."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.data.datasets.registry import open_dataset
from tests.contracts.dataset_trees import DEPTH, KNOWN, put, put_png16, stray_scanner


def test_a_folder_of_recordings(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        stray_scanner(tmp_path / name)
    samples = open_dataset("stray-scanner", root=tmp_path)
    assert [origin.removeprefix(f"{tmp_path}/") for origin in samples.origins] == [
        "a/rgb.mp4#000001",
        "b/rgb.mp4#000001",
    ]
    assert samples[1].camera.fx == 20 and float(samples[1].depth_gt.max()) == DEPTH.max()


def test_low_confidence_and_missing_frames(tree: Callable[[str], Path]) -> None:
    root = tree("stray-scanner")
    put_png16(root / "depth/000007.png", DEPTH * 1000)
    put(root / "confidence/000007.png", (root / "confidence/000001.png").read_bytes())
    samples = open_dataset("stray-scanner", root=root)
    assert np.array_equal(samples[0].valid[0, ::2, ::2].numpy(), KNOWN)
    with pytest.raises(HondoError, match="has 3 frames, there is none of number 7"):
        samples[1]
