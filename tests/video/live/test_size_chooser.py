"""Network sizes for a frame rate: the ladder, and a chooser that settles."""

from dataclasses import replace

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import InputSpec
from hondo.video.live.size_chooser import SizeChooser, at_sizes, size_ladder

SPEC = InputSpec(size_hw=(192, 640), multiple_of=32)


def settle(chooser: SizeChooser, ms_per_megapixel: float, sizes, *, fps: float = 30, seconds: float = 60) -> list[int]:
    """The indices over time on a machine whose time is that of the area."""
    now, seen = 0.0, []
    while now < seconds:
        height, width = sizes[chooser.index]
        work_s = ms_per_megapixel * height * width / 1e9
        now += max(work_s, 1 / fps)
        seen.append(chooser.observe(work_s, budget_s=1 / fps, now=now))
    return seen


def test_the_ladder_falls_from_native_to_half_in_even_steps() -> None:
    sizes = size_ladder(SPEC)
    assert sizes[0] == (192, 640) and sizes[-1] == (96, 320) and 4 <= len(sizes) <= 6
    areas = np.array([height * width for height, width in sizes])
    assert (np.diff(areas) < 0).all() and all(side % 32 == 0 for size in sizes for side in size)


def test_bounds_are_kept() -> None:
    sizes = size_ladder(SPEC, ((64, 64), (128, 128)))
    assert sizes[0] == (128, 128) and sizes[-1] == (64, 64)
    assert size_ladder(SPEC, ((64, 64), (64, 64))) == ((64, 64),)
    with pytest.raises(HondoError, match="smallest, largest"):
        size_ladder(SPEC, ((128, 128), (64, 64)))


@pytest.mark.parametrize("ms", [100, 300, 400, 600, 5000])
def test_it_settles_on_the_largest_size_that_keeps_up(ms) -> None:
    sizes = size_ladder(SPEC)
    seen = settle(SizeChooser(sizes), ms, sizes)
    loads = np.array([ms * height * width / 1e9 * 30 for height, width in sizes])
    fits = [index for index, load in enumerate(loads) if load <= 0.95] or [len(sizes) - 1]
    assert seen[-1] in (fits[0], fits[0] + 1)  # room of a quarter is kept before a larger one is tried
    assert (np.diff(seen) != 0).sum() <= 3  # and does not swing


def test_one_slow_frame_changes_nothing() -> None:
    chooser = SizeChooser(size_ladder(SPEC))
    for number in range(200):
        work = 0.5 if number % 20 == 0 else 0.02
        assert chooser.observe(work, budget_s=1 / 30, now=number / 30) == 0


def test_a_machine_that_gets_free_gets_its_size_back() -> None:
    sizes = size_ladder(SPEC)
    chooser = SizeChooser(sizes)
    assert settle(chooser, 600, sizes, seconds=5)[-1] > 0
    chooser = SizeChooser(sizes)
    now = 0.0
    for number in range(3000):
        height, width = sizes[chooser.index]
        work = (600 if number < 200 else 100) * height * width / 1e9
        now += 1 / 30
        chooser.observe(work, budget_s=1 / 30, now=now)
    assert chooser.index == 0


def test_a_size_that_was_too_much_is_tried_ever_more_seldom() -> None:
    """A machine whose time is not that of the area, so that the larger size always disappoints."""
    sizes = size_ladder(SPEC)
    chooser, now, tries = SizeChooser(sizes), 0.0, []
    for _ in range(30 * 120):
        before = chooser.index
        now += 1 / 30
        chooser.observe(0.05 if before == 0 else 0.012, budget_s=1 / 30, now=now)
        if chooser.index == 0 and before != 0:
            tries.append(now)
    gaps = np.diff(tries)
    assert len(tries) >= 3 and (gaps[1:] > 1.4 * gaps[:-1]).all()


def test_sizes_share_the_network_and_fixed_ones_stay(red) -> None:
    steps = at_sizes(red)
    assert len(steps) > 1 and all(step.network is red.network for step in steps)
    fixed = replace(red, input_spec=replace(red.input_spec, fixed=True))
    assert at_sizes(fixed) == (fixed,)
