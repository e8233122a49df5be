"""Options of published data sets: splits, sizes, neighbours, other divisors; what leaves nothing is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hondo.core.errors import HondoError, HondoWarning
from hondo.core.truth_kind import TruthKind
from hondo.data.datasets.registry import open_dataset, origins_of
from hondo.data.published.layout_samples import LayoutSamples
from tests.contracts.dataset_trees import put_image

DRIVE = "2011_09_26/2011_09_26_drive_0001_sync/image_02/data"


def test_size_only_and_every(tree: Callable[[str], Path]) -> None:
    root = tree("nyu-bts")
    samples = open_dataset("nyu-bts", root=root, size_hw=(16, 24), only="sync/kitchen")
    assert origins_of(samples) == (str(root / "sync/kitchen_0028b/rgb_00045.jpg"),) and len(samples) == 1
    with pytest.raises(IndexError):
        samples[1]
    with pytest.raises(HondoError, match=r"no sample of nyu-bts: 0 images chosen.*choose another split or only"):
        open_dataset("nyu-bts", root=root, only="kitchen")
    for wrong in ({"every": 0}, {"divide_by": 0.0}, {"sources": (0,)}, {"sources": ("stereo",)}):
        with pytest.raises(HondoError, match=r"every must be|sources"):
            LayoutSamples("nyu-bts", root, **wrong)
    with pytest.raises(HondoError, match="has no option stride; it has depth, divide_by, every"):
        open_dataset("nyu-bts", root=root, stride=2)


@pytest.mark.usefixtures("any_aspect")
def test_sizes_follow(tree: Callable[[str], Path]) -> None:
    sample = open_dataset("nyu-bts", root=tree("nyu-bts"), size_hw=(16, 24))[0]
    assert sample.image.shape == (3, 16, 24) and sample.camera.size_hw == sample.depth_gt.shape[1:] == (16, 24)


def test_a_missing_depth_map_is_counted(tree: Callable[[str], Path]) -> None:
    root = tree("kitti")
    put_image(root / DRIVE / "0000000006.png")
    with pytest.warns(HondoWarning, match="all images: 2 listed, 1 used; 1 have no depth map and are left out"):
        assert len(open_dataset("kitti", root=root)) == 1
    samples = open_dataset("kitti", root=root, with_depth=False)
    assert samples[0].depth_gt is not None and samples[1].depth_gt is None
    samples = open_dataset("kitti", root=root, sources=(1,))
    assert len(samples) == 1 and samples[0].sources[0].role == 1 and samples[0].truth is TruthKind.METRIC
    with pytest.raises(HondoError, match=r"none of 2 images of kitti has the neighbours \(-1, 1\)"):
        open_dataset("kitti", root=root, sources=(-1, 1))


def test_another_divisor(tree: Callable[[str], Path]) -> None:
    root = tree("kitti")
    with pytest.warns(
        HondoWarning, match=r"median depth is 1\.79 m, in kitti it is 4 to 40 m.*metres x 256, not x 1000"
    ):
        sample = open_dataset("kitti", root=root, divide_by=1000.0)[0]
    assert float(sample.depth_gt.max()) == pytest.approx(12.875 * 0.256)
    assert float(open_dataset("kitti", root=root, max_depth=5.0)[0].depth_gt.max()) == 5.0
