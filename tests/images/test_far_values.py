"""Numbers that mean "nothing there": what counts as one, and what is a measurement."""

import numpy as np
import pytest

from hondo.images.far_values import far_values, without_far_values

NEAR = (1 + np.arange(4800, dtype=np.float32).reshape(60, 80) / 2400).astype(np.float32)  # 1 to 3 m, all different


def with_corner(value: float, *, size: int = 20) -> np.ndarray:
    depth = NEAR.copy()
    depth[:size, :size] = value
    return depth


@pytest.mark.parametrize(
    ("value", "divide_by"),
    [
        (65.535, 1000),
        (655.35, 100),
        (65535 / 256, 256),
        (1000, 1),
        (65504, 1),
        (1e10, 1),
        (655.35, 1),
        (65.535, 1),
        (32.767, 1000),
    ],  # saturated in centimetres, millimetres; signed 16 bits
)
def test_sentinels_are_unknown_and_said(value: float, divide_by: float) -> None:
    depth = with_corner(value)
    known, remark = without_far_values(depth, divide_by=divide_by)
    expected = NEAR.copy()
    expected[:20, :20] = np.nan
    np.testing.assert_array_equal(known, expected)
    assert remark == f"{np.float32(value):g} m at 8.3% of the pixels is taken as unknown (nothing there)"
    kept, remark = without_far_values(depth, divide_by=divide_by, max_depth=np.inf)
    assert remark == "" and np.array_equal(kept, depth)


def test_several_kinds_and_blended_edges() -> None:
    depth = with_corner(1e10)
    depth[20, :3] = 3.3e9, 5e8, 2e6  # an edge that was smoothed
    depth[30:40] = 65504
    assert np.isnan(without_far_values(depth)[0]).sum() == 400 + 3 + 800


@pytest.mark.parametrize(
    "depth",
    [
        NEAR,
        with_corner(80.0),  # a far plane that may be one
        with_corner(1500.0, size=1),  # one far pixel
        NEAR * 1000,  # millimetres read as metres: a wrong divide_by, not a sentinel
        np.minimum(NEAR * 1000, 2500).astype(np.float32),  # the same, cut at 2500
        np.full((6, 8), 5000.0, np.float32),
        np.repeat(np.float32([2000, 3000, 6000]), 100)[None],  # planes in millimetres
        np.full((6, 8), np.nan, np.float32),
    ],
)
def test_measurements_stay(depth: np.ndarray) -> None:
    assert far_values(depth) == [] and without_far_values(depth)[0] is depth


def test_a_bound_states_it() -> None:
    known, remark = without_far_values(with_corner(80.0), max_depth=50)
    assert remark == "" and np.isnan(known[:20, :20]).all() and np.isfinite(known[20:]).all()
