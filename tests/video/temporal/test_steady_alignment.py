"""One scale over a clip: the factor or the line between two maps is found, whatever a third of them does."""

import numpy as np
import pytest

from hondo.core.types import DepthKind
from hondo.video.temporal.steady import Alignment, align, comparable

RNG = np.random.default_rng(0)
MAP = RNG.uniform(0.1, 2, (40, 60)).astype(np.float32)
ALL = np.ones(MAP.shape, dtype=bool)


def spoiled(values: np.ndarray) -> np.ndarray:
    wrong = values.copy()
    wrong[:12] *= 3
    return wrong


def test_the_factor_of_scaled_maps_is_found() -> None:
    kind = DepthKind.SCALED_INVERSE_DEPTH
    now, past = comparable(MAP, kind), comparable(spoiled(1.3 * MAP), kind)
    alignment = align(now, past, is_trusted=ALL, kind=kind)
    assert alignment is not None and alignment.gain == 1
    assert np.exp(alignment.move) == pytest.approx(1.3, rel=1e-4)
    np.testing.assert_allclose(np.exp(alignment(now)), 1.3 * MAP, rtol=1e-4)


def test_the_line_of_relative_maps_is_found() -> None:
    alignment = align(MAP, 0.5 * MAP - 3, is_trusted=ALL, kind=DepthKind.RELATIVE_INVERSE_DEPTH)
    assert alignment is not None
    np.testing.assert_allclose(alignment(MAP), 0.5 * MAP - 3, rtol=1e-5)


def test_noise_does_not_flatten_relative_maps() -> None:
    past = MAP
    for _ in range(50):
        now = MAP + RNG.normal(0, 0.2, MAP.shape).astype(np.float32)
        past = align(now, past, is_trusted=ALL, kind=DepthKind.RELATIVE_INVERSE_DEPTH)(now)
    assert past.std() == pytest.approx(MAP.std(), rel=0.15)


@pytest.mark.parametrize("kind", [DepthKind.METRIC_DEPTH, DepthKind.METRIC_INVERSE_DEPTH])
def test_metric_maps_keep_their_scale(kind) -> None:
    assert align(MAP, 2 * MAP, is_trusted=ALL, kind=kind) == Alignment()


@pytest.mark.parametrize("kind", DepthKind)
def test_a_new_scene_begins_where_nothing_is_trusted(kind) -> None:
    assert align(MAP, MAP, is_trusted=np.zeros_like(ALL), kind=kind) is None


def test_only_trusted_pixels_count() -> None:
    past = MAP.copy()
    past[:30] = 100
    kind, is_trusted = DepthKind.SCALED_INVERSE_DEPTH, ALL.copy()
    is_trusted[:30] = False
    assert align(comparable(MAP, kind), comparable(past, kind), is_trusted=is_trusted, kind=kind).move == pytest.approx(
        0
    )


def test_a_flat_map_has_no_gain() -> None:
    flat = np.full_like(MAP, 2)
    assert align(flat, MAP, is_trusted=ALL, kind=DepthKind.RELATIVE_INVERSE_DEPTH).gain == 1


def test_leaking_goes_from_the_alignment_to_none() -> None:
    alignment = Alignment(gain=2, move=3, middle=1)
    assert alignment.leaking(0) == alignment
    np.testing.assert_allclose(alignment.leaking(1)(MAP), MAP, rtol=1e-6)
    assert alignment.leaking(0.5).move == 1.5


def test_zeros_and_negative_values_have_a_logarithm() -> None:
    values = np.array([[0, -1, 2, np.nan]], dtype=np.float32)
    logs = comparable(values, DepthKind.SCALED_INVERSE_DEPTH)
    assert np.isfinite(logs[0, :3]).all() and np.isnan(logs[0, 3]) and logs[0, 2] == pytest.approx(np.log(2))
    assert comparable(values, DepthKind.RELATIVE_INVERSE_DEPTH) is values
