"""PFM files: exact round trip, both byte orders, rows from the bottom up."""

import io
from pathlib import Path

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.images.formats.pfm import pfm_header, read_pfm, write_pfm


def test_round_trip_is_exact(tmp_path: Path) -> None:
    values = np.array([[1.5, np.nan, -0.0], [np.inf, 1e-30, 7]], np.float32)
    write_pfm(tmp_path / "x.pfm", values)
    with (tmp_path / "x.pfm").open("rb") as file:
        assert pfm_header(file, name="x")[:3] == ((2, 3), 1, "<f4")
        np.testing.assert_array_equal(read_pfm(file, name="x"), values)


def test_a_positive_scale_is_big_endian_and_the_last_row_comes_first() -> None:
    file = io.BytesIO(b"Pf\n1 2\n1.0\n" + np.array([1, 2], ">f4").tobytes())
    assert read_pfm(file, name="x").tolist() == [[2], [1]]


def test_colours_have_three_channels() -> None:
    file = io.BytesIO(b"PF\n1 1\n-1\n" + np.array([1, 2, 3], "<f4").tobytes())
    assert read_pfm(file, name="x").tolist() == [[[1, 2, 3]]]


def test_refuses_damaged_files() -> None:
    with pytest.raises(HondoError, match="4 bytes"):
        read_pfm(io.BytesIO(b"Pf\n1 2\n-1.0\n" + b"\0" * 4), name="x")
    with pytest.raises(HondoError, match="damaged PFM"):
        read_pfm(io.BytesIO(b"Pf one two\n"), name="x")
