"""Protocols against the numbers of the published evaluators, and the windows written in the literature."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import hondo
from hondo.core.errors import HondoError
from hondo.evaluate.protocols import EIGEN, GARG, NYU_EIGEN, PROTOCOLS, protocol_named

IMAGES = range(8)


@pytest.fixture(scope="module")
def arrays(shared_reference: Path) -> ModuleType:
    path = shared_reference / "protocols" / "protocol_arrays.py"
    spec = importlib.util.spec_from_file_location("protocol_arrays", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def published(shared_reference: Path) -> dict[str, dict[str, float]]:
    return json.loads((shared_reference / "protocols" / "protocols_seed1.json").read_text())


@pytest.fixture(scope="module")
def kitti(arrays: ModuleType) -> tuple[list[np.ndarray], list[np.ndarray]]:
    pairs = [arrays.kitti(1, index) for index in IMAGES]
    return [gt for gt, _ in pairs], [pred for _, pred in pairs]


@pytest.fixture(scope="module")
def inverse_depths(arrays: ModuleType) -> list[np.ndarray]:
    return [arrays.sigmoid_disparity(1, index) for index in IMAGES]


def assert_equal(found: dict[str, float], expected: dict[str, float]) -> None:
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-6), name


def test_kitti_annotated(kitti, published):
    gt, pred = kitti
    crops = [one[23:, 13:1229] for one in pred]
    assert crops[0].shape == (352, 1216)
    assert_equal(hondo.score(crops, gt), published["kitti-eigen-annotated-garg"])
    for name in ("kitti-eigen-crop", "kitti-eigen-annotated-double"):
        assert_equal(hondo.score(pred, gt, protocol=name), published[name])
    double = "kitti-eigen-annotated-double"
    assert hondo.score(crops, gt, protocol=double) == hondo.score(pred, gt, protocol=double)


def test_kitti_raw_and_benchmark(kitti, inverse_depths, published):
    gt, _ = kitti

    def score(protocol: str, align: float | None = None) -> dict[str, float]:
        return hondo.score(inverse_depths, gt, protocol=protocol, align=align, pred_kind="inverse_depth")

    assert_equal(score("kitti-eigen-raw-garg"), published["kitti-eigen-raw-garg median"])
    assert_equal(score("kitti-eigen-raw-garg", 5.4), published["kitti-eigen-raw-garg factor 5.4"])
    assert_equal(score("kitti-eigen-benchmark"), published["kitti benchmark no crop, median"])


def test_nyu(arrays, published):
    pairs = [arrays.nyu(1, index) for index in IMAGES]
    found = hondo.score([pred for _, pred in pairs], [gt for gt, _ in pairs], protocol="nyu-eigen")
    assert_equal(found, published["nyu-eigen"])


@pytest.mark.parametrize(
    ("window", "size_hw", "rows", "columns"),
    [
        (GARG, (375, 1242), (153, 371), (44, 1197)),
        (GARG, (352, 1216), (143, 349), (43, 1172)),
        (EIGEN, (375, 1242), (124, 342), (44, 1197)),
        (NYU_EIGEN, (480, 640), (45, 471), (41, 601)),
    ],
)
def test_windows(window, size_hw, rows, columns):
    assert window.slices(size_hw) == (slice(*rows), slice(*columns))


def test_the_double_window_in_the_full_frame():
    """facts: rows 166..372, columns 56..1185 of 375x1242."""
    gt = np.ones((375, 1242))
    gt[166:372, 56:1185] = 2
    pred = np.full((375, 1242), 2.0)
    assert hondo.score(pred, gt, protocol="kitti-eigen-annotated-double")["abs_rel"] == 0
    gt[165, 56:1185], gt[372, 56:1185], gt[166:372, 55], gt[166:372, 1185] = (0.5,) * 4
    assert hondo.score(pred, gt, protocol="kitti-eigen-annotated-double")["abs_rel"] == 0


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_protocol_gives_the_truth_a_perfect_score(name):
    size_hw = (480, 640) if name.startswith("nyu") else (375, 1242)
    gt = np.random.default_rng(0).uniform(1, 9, size_hw).astype(np.float32)
    found = hondo.score(gt, gt, protocol=name)
    assert found["abs_rel"] == pytest.approx(0, abs=1e-7) and found["delta1"] == 1
    assert PROTOCOLS[name].name == name and len(PROTOCOLS[name].says) > 20


def test_unknown_ground_truth_never_counts():
    gt = np.full((375, 1242), 5.0)
    pred = gt.copy()
    gt[200, 100:200], gt[201, 100:200], gt[202, 100:200], gt[203, 100:200] = 0, np.nan, np.inf, -1
    pred[200:204, 100:200] = 70
    for name in ("dense", "kitti-eigen-annotated-garg", "kitti-eigen-benchmark"):
        assert hondo.score(pred, gt, protocol=name)["abs_rel"] == 0


def test_range_is_open_and_predictions_are_clamped():
    gt = np.full((375, 1242), 5.0)
    gt[300, 100:200] = 80.0  # not below 80: does not count
    pred = gt.copy()
    pred[300] = 1
    pred[310, 100:200], gt[310, 100:200] = 1e6, 79.0
    found = hondo.score(pred, gt)
    assert 0 < found["abs_rel"] < 0.01


def test_fastdepth_picks_whole_pixels():
    gt = np.arange(480 * 640, dtype=np.float32).reshape(480, 640) + 1
    scored, truth = PROTOCOLS["nyu-fastdepth"].frame(gt, gt)
    assert truth.shape == (224, 224) and (scored == truth).all()
    row, column = divmod(int(truth[0, 0]) - 1, 640)
    assert (row, column) == (22, 27)  # row 11 of 250, column 14 of 333: their centres in 480x640
    ready = np.ones((224, 224), dtype=np.float32)
    assert PROTOCOLS["nyu-fastdepth"].frame(ready, gt)[0] is ready


@pytest.mark.parametrize(
    ("protocol", "size_hw", "says"),
    [
        ("kitti-eigen-annotated-garg", (352, 1216), "already cropped"),
        ("kitti-eigen-annotated-double", (300, 1000), "at least 352x1216"),
        ("nyu-eigen", (240, 320), "480x640"),
        ("nyu-fastdepth", (240, 320), "480x640"),
    ],
)
def test_ground_truth_of_a_wrong_size_is_refused(protocol, size_hw, says):
    gt = np.full(size_hw, 5.0)
    with pytest.raises(HondoError, match=says):
        hondo.score(gt, gt, protocol=protocol)


def test_unknown_protocol_names_the_nearest():
    with pytest.raises(HondoError, match="did you mean nyu-eigen"):
        protocol_named("nyu_eigen")
