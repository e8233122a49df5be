"""Stored numbers become metres by each kind of quantity; damaged and foreign files are named."""

import sys
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
import scipy.io

from hondo.core.errors import HondoError
from hondo.core.types import Camera
from hondo.data.layouts.layout import Encoding
from hondo.data.readers.depth_decoders import DECODERS, along_axis, as_depth, as_quantity, read_stored

CAMERA = Camera(fx=2.0, fy=2.0, cx=1.0, cy=0.5, size_hw=(1, 2))


def test_quantities() -> None:
    stored = np.array([[513.0, np.nan]])
    cityscapes = Encoding(file="", divide_by=256.0, subtract=1.0, quantity="disparity")
    disparity = as_quantity(stored, cityscapes)
    assert disparity[0, 0] == 2.0
    assert as_depth(disparity, cityscapes, camera=CAMERA, baseline=3.0)[0, 0] == 3.0  # fx x baseline / disparity
    fixed = Encoding(file="", quantity="disparity", baseline_focal=48.0)
    depth = as_depth(np.array([[4.0, 0.0, -1.0, np.nan]]), fixed)
    assert depth[0, 0] == 12.0 and np.isnan(depth[0, 1:]).all()
    with pytest.raises(HondoError, match="a: disparity needs the baseline"):
        as_depth(disparity, cityscapes, name="a")


def test_distances_along_the_ray() -> None:
    ray = Encoding(file="", quantity="ray length")
    cosine = 1 / np.sqrt(1 + 0.25**2)
    np.testing.assert_allclose(along_axis(CAMERA), [[cosine, cosine]])
    np.testing.assert_allclose(as_depth(np.array([[2.0, 4.0]]), ray, camera=CAMERA), [[2 * cosine, 4 * cosine]])
    with pytest.raises(HondoError, match="needs intrinsics"):
        as_depth(np.ones((1, 2)), ray)


def test_values_that_mean_unknown(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.array([[0, 7, 65535]], dtype=np.uint16))
    stored = read_stored(tmp_path / "a.png", Encoding(file="", invalid=(65535.0,)), image_hw=(1, 3))
    assert stored.dtype == np.float64 and stored[0, 1] == 7 and np.isnan(stored[0, [0, 2]]).all()


def test_bits_are_rotated(tmp_path: Path) -> None:
    values = np.array([[1, 8191, 8192, 65535]], dtype=np.uint16)
    cv2.imwrite(str(tmp_path / "a.png"), (values << 3) | (values >> 13))
    sun = Encoding(file="", decoder="rotated png16")
    assert read_stored(tmp_path / "a.png", sun, image_hw=(1, 4)).tolist() == values.tolist()


@pytest.mark.parametrize(("dtype", "stored"), [(np.uint8, [0, 255]), (np.uint16, [0, 65535])])
def test_grey_keeps_zero(dtype: type, stored: list[int], tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.array([stored], dtype=dtype))
    assert read_stored(tmp_path / "a.png", Encoding(file="", decoder="grey"), image_hw=(1, 2)).tolist() == [stored]


def test_grey_in_three_channels(tmp_path: Path) -> None:
    grey = Encoding(file="", decoder="grey")
    cv2.imwrite(str(tmp_path / "a.png"), np.full((2, 2, 3), 9, dtype=np.uint8))
    assert read_stored(tmp_path / "a.png", grey, image_hw=(2, 2)).tolist() == [[9, 9], [9, 9]]
    cv2.imwrite(str(tmp_path / "b.png"), np.array([[[1, 2, 3]]], dtype=np.uint8))
    with pytest.raises(HondoError, match="a colour image, not a depth map"):
        read_stored(tmp_path / "b.png", grey, image_hw=(1, 1))


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("data", [b"", b"\0" * 40, b"version https://git-lfs.github.com/spec/v1\n", b"<html></html>"])
def test_other_files_are_refused(decoder: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.x").write_bytes(data)
    with pytest.raises(HondoError, match=r"a\.x"):
        read_stored(tmp_path / "a.x", Encoding(file="", decoder=decoder, key="depth"), image_hw=(3, 4))


def test_arrays_that_are_not_there(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["other"] = np.ones((2, 2))
    with pytest.raises(HondoError, match="holds other, and no array 'depth'"):
        read_stored(tmp_path / "a.h5", Encoding(file="", decoder="hdf5", key="depth"), image_hw=(2, 2))
    scipy.io.savemat(tmp_path / "a.mat", {"other": 1})
    with pytest.raises(HondoError, match="holds no array 'Position3DGrid'"):
        read_stored(tmp_path / "a.mat", Encoding(file="", decoder="mat5 last", key="Position3DGrid"), image_hw=(2, 2))
    scipy.io.savemat(tmp_path / "a.mat", {"Position3DGrid": np.ones((2, 2))})
    with pytest.raises(HondoError, match=r"has shape \(2, 2\), expected \(h w 4\)"):
        read_stored(tmp_path / "a.mat", Encoding(file="", decoder="mat5 last", key="Position3DGrid"), image_hw=(2, 2))


@pytest.mark.parametrize(("package", "decoder"), [("h5py", "hdf5"), ("scipy", "mat5 last")])
def test_packages_of_the_extra(package: str, decoder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (package, f"{package}.io", f"{package}.io.matlab"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(HondoError, match=rf'{package} is not installed; install it with: pip install "hondo\[data\]"'):
        read_stored(tmp_path / "a", Encoding(file="", decoder=decoder), image_hw=(2, 2))
