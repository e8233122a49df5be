"""PLY files: the header that other programs read, and the points back."""

from pathlib import Path

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.geometry.ply import read_ply, write_ply

POINTS = np.arange(12, dtype=np.float32).reshape(4, 3) / 7
COLOURS = np.arange(12, dtype=np.uint8).reshape(4, 3)


@pytest.mark.parametrize("colors", [None, COLOURS])
def test_round_trip(colors: np.ndarray | None, tmp_path: Path) -> None:
    points, back = read_ply(write_ply(tmp_path / "x.ply", POINTS, colors))
    np.testing.assert_array_equal(points, POINTS)
    assert (back is None) if colors is None else np.array_equal(back, colors)  # type: ignore[arg-type]


def test_bytes(tmp_path: Path) -> None:
    data = write_ply(tmp_path / "x.ply", POINTS[:1], COLOURS[:1]).read_bytes()
    head, _, body = data.partition(b"end_header\n")
    assert (
        head.startswith(b"ply\nformat binary_little_endian 1.0\n") and b"element vertex 1\nproperty float x\n" in head
    )
    assert body == POINTS[:1].astype("<f4").tobytes() + bytes([0, 1, 2])


def test_no_points_and_damaged_files(tmp_path: Path) -> None:
    assert len(read_ply(write_ply(tmp_path / "none.ply", POINTS[:0]))[0]) == 0
    path = write_ply(tmp_path / "x.ply", POINTS)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(HondoError, match="truncated"):
        read_ply(path)
    path.write_text("nothing")
    with pytest.raises(HondoError, match="not a binary"):
        read_ply(path)
