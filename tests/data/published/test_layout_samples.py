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
    for wrong in ({"every": 0}, {"divide_by": 0.0}, {"sources": (0,)}, {"sources": (1, 1)}):
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
    with pytest.raises(HondoError, match=r"none of 2 images of kitti has the sources \(-1, 1\)"):
        open_dataset("kitti", root=root, sources=(-1, 1))


def test_another_divisor(tree: Callable[[str], Path]) -> None:
    root = tree("kitti")
    with pytest.warns(
        HondoWarning, match=r"median depth is 1\.79 m, in kitti it is 4 to 40 m.*metres x 256, not x 1000"
    ):
        sample = open_dataset("kitti", root=root, divide_by=1000.0)[0]
    assert float(sample.depth_gt.max()) == pytest.approx(12.875 * 0.256)
    assert float(open_dataset("kitti", root=root, max_depth=5.0)[0].depth_gt.max()) == 5.0


@pytest.mark.usefixtures("any_aspect")
@pytest.mark.parametrize(
    ("name", "right", "x"),
    [
        ("kitti", "2011_09_26/2011_09_26_drive_0001_sync/image_03/data/0000000005.png", -1.0),
        ("kitti-odometry", "sequences/00/image_3/000000.png", 0.0),
        ("vkitti2", "Scene01/clone/frames/rgb/Camera_1/rgb_00001.jpg", -0.532725),
        ("cityscapes", "rightImg8bit/train/aachen/aachen_000000_000019_rightImg8bit.png", -5.0),
        ("tartanair", "office/office/Easy/P000/image_right/000000_right.png", -0.25),
        ("irs", "Home/ArchVizInterior/r_1.png", -0.1),
    ],
)
def test_stereo_pairs(name: str, right: str, x: float, tree: Callable[[str], Path]) -> None:
    """The right camera stands a baseline to the right; that of KITTI by its projections: fx 10, offsets 5 and -5."""
    root = tree(name)
    with pytest.raises(HondoError, match=r"has the sources \('stereo',\)"):
        open_dataset(name, root=root, sources=("stereo",))
    put_image(root / right)
    samples = open_dataset(name, root=root, sources=("stereo",))
    (view,) = samples[0].sources
    assert view.role == "stereo" and view.T_source_target[:3, 3].tolist() == pytest.approx([x, 0, 0])
    if name == "kitti":  # the left image is the partner of the right one
        assert samples[1].sources[0].T_source_target[0, 3] == 1.0
