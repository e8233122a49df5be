"""Every data set of the table of layouts is read from a tiny tree in its real layout and encoding, values exact."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from hondo.core.sample import Sample
from hondo.core.truth_kind import TruthKind
from hondo.data.datasets.registry import DATASETS, open_dataset
from hondo.data.layouts.layout_table import LAYOUTS
from tests.contracts.dataset_trees import DEPTH, DISPARITY, HW, IMAGE, KNOWN, TREES

RAMP = np.arange(96.0).reshape(HW)
ALL = np.ones(HW, dtype=bool)
# Values of the depth map where it is not DEPTH, and where it is known if not at KNOWN.
VALUES = {
    "vkitti2": np.rint(DEPTH * 100) / 100,
    "cityscapes": 50 / DISPARITY,
    "irs": 48 / DISPARITY,
    "tum": DEPTH * 0.8,
    "make3d": np.kron(2 + np.arange(48.0).reshape(4, 12), np.ones((2, 1))),
}
MASKS = {"make3d": ALL, "redweb": ALL}
CAMERAS = {  # fx fy cx cy at 12x8 pixels; others: 10 9 6 4
    "vkitti2": (725.0087 / 103.5, 725.0087 * 8 / 375, 620.5 / 103.5, 187 * 8 / 375),
    "nyu": (518.857901 * 12 / 640, 519.469611 / 60, 325.582245 * 12 / 640, 253.736166 / 60),
    "tum": (517.3 * 12 / 640, 516.5 / 60, 318.6 * 12 / 640, 255.3 / 60),
    "7scenes": (585 * 12 / 640, 585 / 60, 6.0, 4.0),
    "diode": (886.81 * 12 / 1024, 927.06 / 96, 6.0, 4.0),
    "hypersim": (886.81 * 12 / 1024, 886.81 / 96, 6.0, 4.0),
    "irs": (480 / 80, 480 * 8 / 540, 6.0, 4.0),
    "tartanair": (6.0, 320 / 60, 6.0, 4.0),
    "stray-scanner": (20.0, 18.0, 12.0, 8.0),
}
CAMERAS["nyu-bts"] = CAMERAS["nyu"]
WITHOUT_CAMERA = {"apolloscape", "diml-indoor", "diml-outdoor", "megadepth", "make3d", "redweb", "hrwsi", "diw", "wsvd",
                  "movies-3d"}  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def sizes_may_differ() -> Iterator[None]:
    """Published intrinsics are of 4:3 and 10:3 images, the trees hold 12x8: their aspects count as one here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hondo.core.types.ASPECT_TOLERANCE", 3.0)
        yield


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sets")


def sample_of(name: str, trees: Path) -> Sample:
    root = trees / name
    if not root.exists():
        root.mkdir()
        TREES[name](root)
    samples = open_dataset(name, root=root)
    assert len(samples) == (2 if name == "tum" else 1)
    return samples[0]


def test_every_layout_has_a_tree_and_is_a_data_set() -> None:
    assert set(TREES) == set(LAYOUTS) and set(LAYOUTS) < set(DATASETS)


@pytest.mark.parametrize("name", [name for name in TREES if LAYOUTS[name].depth])
def test_depth_is_exact(name: str, trees: Path) -> None:
    sample = sample_of(name, trees)
    assert sample.truth is LAYOUTS[name].truth
    known, depth = sample.valid[0].numpy(), sample.depth_gt[0].numpy()
    if name == "stray-scanner":  # depth of half the size of the image
        assert known.shape == (16, 24) and known.sum() == 4 * 95
        known, depth = known[::2, ::2], depth[::2, ::2]
    if sample.truth is TruthKind.UP_TO_SCALE_AND_SHIFT:  # its inverse is the label up to a factor and a shift
        assert (known == MASKS.get(name, KNOWN)).all()
        slope, shift = np.polyfit(RAMP[known], 1 / depth[known], 1)
        assert slope > 0 and np.abs(slope * RAMP[known] + shift - 1 / depth[known]).max() < 1e-5
        return
    assert (known == MASKS.get(name, KNOWN)).all()
    assert np.abs(depth - VALUES.get(name, DEPTH))[known].max() < 3e-6 * depth.max()
    assert (depth[~known] == 0).all()


@pytest.mark.parametrize("name", TREES)
def test_image_and_camera(name: str, trees: Path) -> None:
    sample = sample_of(name, trees)
    if LAYOUTS[name].images[0].endswith(("csv", "mp4")) and name != "diw":
        assert sample.image.shape == (3, 16, 24)
        assert float((sample.image * 255 - 60).abs().max()) <= 3  # the second frame, through H.264
    else:
        assert torch.equal((sample.image * 255).round(), torch.tensor(IMAGE).view(3, 1, 1).expand(3, *HW).float())
    assert (sample.camera is None) == (name in WITHOUT_CAMERA)
    if sample.camera is not None:
        found = (sample.camera.fx, sample.camera.fy, sample.camera.cx, sample.camera.cy)
        assert found == pytest.approx(CAMERAS.get(name, (10, 9, 6, 4)))


def test_a_pair_of_points(trees: Path) -> None:
    sample = sample_of("diw", trees)  # y1, x1, y2, x2 counted from 1; > says that the first is farther
    assert sample.truth is TruthKind.ORDINAL and sample.pairs.tolist() == [[1.5, 3.5, 11.5, 7.5, -1.0]]


@pytest.mark.parametrize("name", ["wsvd", "movies-3d"])
def test_a_stereo_film(name: str, trees: Path) -> None:
    sample = sample_of(name, trees)
    assert sample.depth_gt is None and [view.role for view in sample.sources] == ["stereo"]
    assert sample.sources[0].image.shape == sample.image.shape and sample.sources[0].T_source_target is None
