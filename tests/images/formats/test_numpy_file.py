"""Depth in NPY and NPZ files, and stacks of maps."""

import io
from pathlib import Path

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.images.formats.numpy_file import stack_length
from hondo.images.read import read_depth

MAP = np.arange(12, dtype=np.float32).reshape(3, 4) + 1


@pytest.mark.parametrize("arrays", [{"depth": MAP, "focal": np.ones(1)}, {"x": MAP}, {"arr_0": MAP[..., None]}])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz(tmp_path: Path, arrays: dict[str, np.ndarray], save) -> None:
    save(tmp_path / "d.npz", **arrays)
    np.testing.assert_array_equal(read_depth(tmp_path / "d.npz", divide_by=2), MAP / 2)


@pytest.mark.parametrize("array", [MAP.astype(np.float16), MAP.astype(">f8"), np.asfortranarray(MAP), MAP[:, :, None]])
def test_npy_types(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "d.npy", array)
    np.testing.assert_array_equal(read_depth(tmp_path / "d.npy"), MAP)


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize("channel", [False, True])
def test_a_stack_gives_one_map_by_its_index(tmp_path: Path, suffix: str, channel: bool) -> None:
    path, stack = tmp_path / f"d{suffix}", np.stack([MAP, 2 * MAP, 3 * MAP])
    stack = stack[:, None] if channel else stack
    np.save(path, stack) if suffix == ".npy" else np.savez(path, stack)
    with path.open("rb") as file:
        assert stack_length(file, name="d") == 3
    for index in range(3):
        np.testing.assert_array_equal(read_depth(path, index=index), (index + 1) * MAP)
    with pytest.raises(HondoError, match="a stack of shape"):
        read_depth(path)
    with pytest.raises(HondoError, match="holds 3 maps"):
        read_depth(path, index=3)


def test_refusals(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", left=MAP, right=MAP)
    with pytest.raises(HondoError, match="holds left, right; name the one with depth"):
        read_depth(tmp_path / "d.npz")
    np.savez(tmp_path / "o.npz", depth=np.array([MAP, None], dtype=object))
    with pytest.raises(HondoError, match="a depth file holds numbers"):
        read_depth(tmp_path / "o.npz")
    buffer = io.BytesIO()
    np.savez(buffer, depth=MAP)
    with pytest.raises(HondoError, match="damaged ZIP archive"):
        read_depth(buffer.getvalue()[:-40])
    with pytest.raises(HondoError, match="megapixels"):
        read_depth(buffer.getvalue(), max_megapixels=1e-6)


def test_the_depth_formats_are_named_for_other_files(tmp_path: Path) -> None:
    (tmp_path / "d.mat").write_bytes(b"MATLAB 7.3 MAT-file".ljust(600, b"\0"))
    with pytest.raises(HondoError, match=r"is MATLAB data, not a depth file; give a 16-bit grey PNG.*NPZ"):
        read_depth(tmp_path / "d.mat")
