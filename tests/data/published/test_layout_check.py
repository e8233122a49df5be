"""A check of a published data set: missing maps by name, wrong divisors as errors, twins of macOS."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from hondo.core.errors import HondoWarning
from hondo.core.sample import Sample
from hondo.data.datasets.registry import open_dataset
from hondo.data.published.layout_check import check_samples
from tests.contracts.dataset_trees import put, put_image

DRIVE = "2011_09_26/2011_09_26_drive_0001_sync/image_02/data"


def test_missing_maps_and_twins(tree: Callable[[str], Path]) -> None:
    root = tree("kitti")
    for frame in range(6, 13):
        put_image(root / f"{DRIVE}/{frame:010d}.png")
    put(root / f"{DRIVE}/._0000000006.png", "twin")
    with pytest.warns(HondoWarning, match="8 listed, 1 used"):
        samples = open_dataset("kitti", root=root)
    checked = check_samples(samples)
    assert checked.num_samples == checked.num_with_depth == checked.num_with_camera == 1 and not checked.errors
    says = [finding.says for finding in checked.findings]
    depth = "train/2011_09_26_drive_0001_sync/proj_depth/groundtruth/image_02/0000000006.png"
    assert says[0] == f"no depth map at {depth}"
    assert "7 of 8 images have no depth map" in says and "1 files ._* of macOS are ignored; they may be deleted" in says
    assert len(says) == 7


def test_a_wrong_divisor_and_a_broken_file_are_errors(tree: Callable[[str], Path]) -> None:
    root = tree("kitti")
    with pytest.warns(HondoWarning, match="metres x 256"):
        samples = open_dataset("kitti", root=root, divide_by=1000.0)
    (error,) = check_samples(samples).errors
    assert "give divide_by=256" in error.says and error.origin == str(root)
    put(root / f"{DRIVE}/0000000005.png", (root / f"{DRIVE}/0000000005.png").read_bytes()[:-30])
    (error,) = check_samples(open_dataset("kitti", root=root)).errors
    assert "0000000005.png is damaged" in error.says


def test_other_data_sets_are_checked_as_before() -> None:
    assert check_samples([Sample(image=torch.rand(3, 4, 4), origin="a")]).num_samples == 1
