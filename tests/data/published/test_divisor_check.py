"""Wrong divisors are recognised by the range of medians and named; what lies inside is not remarked."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hondo.data.layouts.layout_table import LAYOUTS
from hondo.data.published.divisor_check import divisor_remark, probe_median
from hondo.data.readers.reader_table import open_reader
from tests.contracts.dataset_trees import put


@pytest.mark.parametrize(
    ("name", "true_m", "stored_factor", "read_with"),
    [
        ("kitti", 15.0, 1000.0, 256.0),  # KITTI stored in millimetres
        ("kitti", 15.0, 256.0, 1000.0),
        ("nyu-bts", 2.3, 256.0, 1000.0),
        ("nyu-bts", 2.3, 5000.0, 1000.0),
        ("tum", 1.5, 1000.0, 5000.0),
        ("vkitti2", 20.0, 256.0, 100.0),
    ],
)
def test_the_divisor_that_fits_is_named(name: str, true_m: float, stored_factor: float, read_with: float) -> None:
    remark = divisor_remark(LAYOUTS[name], true_m * stored_factor / read_with, divide_by=read_with)
    assert f"look like metres x {stored_factor:g}" in remark and f"not x {read_with:g}" in remark
    assert f"give divide_by={stored_factor:g} if they are" in remark


def test_a_wide_range_leaves_several() -> None:
    remark = divisor_remark(LAYOUTS["diode"], 3000.0, divide_by=1.0)
    assert "look like metres x 256 or 1000 or 100 or 5000, not x 1; give divide_by=256 if they are" in remark


def test_what_is_no_wrong_divisor() -> None:
    assert divisor_remark(LAYOUTS["kitti"], 15.0, divide_by=256.0) == ""
    assert divisor_remark(LAYOUTS["megadepth"], 1e6, divide_by=1.0) == ""  # up to scale
    assert divisor_remark(LAYOUTS["cityscapes"], 0.1, divide_by=256.0).endswith("are these the files of cityscapes?")
    assert divisor_remark(LAYOUTS["kitti"], 1e9, divide_by=256.0).endswith("are these the files of kitti?")


def test_a_few_maps_are_looked_at(tree: Callable[[str], Path]) -> None:
    root = tree("kitti")
    reader = open_reader(LAYOUTS["kitti"], root)
    assert probe_median(reader, reader.items, divide_by=None) == pytest.approx(7.0, abs=0.1)
    assert probe_median(reader, reader.items, divide_by=512.0) == pytest.approx(3.5, abs=0.1)
    depth = "train/2011_09_26_drive_0001_sync/proj_depth/groundtruth/image_02/0000000005.png"
    put(root / depth, b"broken")
    assert probe_median(reader, reader.items, divide_by=None) is None
