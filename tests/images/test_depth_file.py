"""Depth files: 0 is no value, values saturate, and what is read is what was written."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import Camera, DepthKind, DepthMap
from hondo.images.depth_file import PngScale, png_scale, read_png16, save_depth, stored_scale, write_png16
from hondo.images.read import read_depth, read_image


def depth(values: object, kind: DepthKind = DepthKind.METRIC_DEPTH) -> DepthMap:
    return DepthMap(values=np.asarray(values, dtype=np.float32), kind=kind)


def stored(path: Path) -> list[int]:
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[0].tolist()


def test_metric_png_is_metres_times_256_and_saturates(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    scale = write_png16(depth([[np.nan, -1, 0, 0.0001, 1, 2.5, 255.99609375, 300, np.inf]]), path)
    assert stored(path) == [0, 0, 0, 1, 256, 640, 65535, 65535, 65535]
    assert scale == PngScale(factor=256.0, offset=0.0, unit="m")
    write_png16(depth([[1, 70]]), path, png_factor=1000.0)
    assert stored(path) == [1000, 65535] and cv2.imread(str(path), cv2.IMREAD_UNCHANGED).dtype == np.uint16


def test_metric_inverse_depth_is_stored_as_metres(tmp_path: Path) -> None:
    scale = write_png16(depth([[0.5, 0, np.nan]], DepthKind.METRIC_INVERSE_DEPTH), tmp_path / "x.png")
    assert stored(tmp_path / "x.png") == [512, 0, 0] and scale.kind is DepthKind.METRIC_DEPTH


def test_scaled_png_has_a_factor_and_no_shift(tmp_path: Path) -> None:
    scale = write_png16(depth([[4, 2, 1, 0, np.nan]], DepthKind.SCALED_INVERSE_DEPTH), tmp_path / "x.png")
    assert scale.offset == 0 and stored(tmp_path / "x.png") == [65535, 32768, 16384, 1, 0]


def test_relative_png_has_factor_and_offset(tmp_path: Path) -> None:
    scale = write_png16(depth([[-3, 1, np.nan]], DepthKind.RELATIVE_INVERSE_DEPTH), tmp_path / "x.png")
    assert stored(tmp_path / "x.png") == [1, 65535, 0] and scale.offset != 0


@pytest.mark.parametrize("kind", list(DepthKind))
def test_round_trip(kind: DepthKind, tmp_path: Path) -> None:
    values = np.random.default_rng(0).uniform(0.5, 20, (9, 11)).astype(np.float32)
    values[0] = np.nan
    write_png16(depth(values, kind), tmp_path / "x.png")
    back = read_png16(tmp_path / "x.png")
    expected = 1 / values if kind is DepthKind.METRIC_INVERSE_DEPTH else values
    assert back.kind is (DepthKind.METRIC_DEPTH if kind.is_metric else kind)
    np.testing.assert_allclose(back.values, expected, atol=0.5 / png_scale(depth(values, kind)).factor + 1e-5)


def test_frames_of_a_video_share_a_scale(tmp_path: Path) -> None:
    shared = png_scale(depth([[4.0]], DepthKind.SCALED_INVERSE_DEPTH))
    write_png16(depth([[1, 8]], DepthKind.SCALED_INVERSE_DEPTH), tmp_path / "x.png", scale=shared)
    assert stored(tmp_path / "x.png") == [16384, 65535]


def test_files_of_others_need_a_scale(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "x.png"), np.array([[0, 512]], dtype=np.uint16))
    assert stored_scale(tmp_path / "x.png") is None
    with pytest.raises(HondoError, match="does not store its scale"):
        read_png16(tmp_path / "x.png")
    back = read_png16(tmp_path / "x.png", scale=PngScale(factor=256.0, offset=0.0, unit="m"))
    np.testing.assert_array_equal(back.values, [[np.nan, 2]])


@pytest.mark.parametrize("suffix", [".npy", ".pfm"])
def test_float_files_are_exact(suffix: str, tmp_path: Path) -> None:
    values = np.random.default_rng(0).standard_normal((5, 7)).astype(np.float32)
    values[1, 2] = np.nan
    path = depth(values, DepthKind.RELATIVE_INVERSE_DEPTH).save(tmp_path / f"x{suffix}")
    np.testing.assert_array_equal(read_depth(path), values)


def test_save_by_suffix(tmp_path: Path) -> None:
    camera = Camera.from_fov(60.0, size_hw=(6, 8))
    depth_map = DepthMap(values=np.full((6, 8), 2, dtype=np.float32), kind=DepthKind.METRIC_DEPTH, camera=camera)
    for suffix in (".depth.png", ".npy", ".ply", ".jpg"):
        assert depth_map.save(tmp_path / f"x{suffix}").stat().st_size > 0
    assert read_image(tmp_path / "x.jpg").shape == (6, 8, 3)
    with pytest.raises(HondoError, match="unknown depth file suffix"):
        save_depth(depth_map, tmp_path / "x.xyz")
    with pytest.raises(HondoError, match="png_factor must be positive"):
        save_depth(depth_map, tmp_path / "x.png", png_factor=0.0)


def test_all_unknown_map_of_each_kind(tmp_path: Path) -> None:
    for kind in DepthKind:
        write_png16(depth(np.full((2, 2), np.nan), kind), tmp_path / "x.png")
        assert stored(tmp_path / "x.png") == [0, 0]
