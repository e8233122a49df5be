"""Depth maps and poses find their images by name, time or number; where nothing decides they are refused."""

from pathlib import Path

import pytest

from hondo.core.errors import HondoError, HondoWarning
from hondo.data.partners.pairing import pair_maps, pose_indices


def paths(pattern: str, numbers: object) -> list[Path]:
    return [Path(pattern.format(number)) for number in numbers]  # pyright: ignore[reportGeneralTypeIssues]


def pairs(images: list[Path], maps: list[Path], *, every: int | None = None) -> dict[int, str]:
    return {frame: path.stem for frame, path in pair_maps(images, maps, every=every, where="depth").items()}


NYU = paths("rgb_{:05d}.jpg", range(10))
MISSING = [number for number in range(10) if number != 3]


@pytest.mark.parametrize("every", [None, 1])
def test_a_missing_map_shifts_nothing(every: int | None) -> None:
    with pytest.warns(HondoWarning, match="paired by the numbers in their names: 9 of 10 images"):
        found = pairs(NYU, paths("sync_depth_{:05d}.png", MISSING), every=every)
    assert found == {number: f"sync_depth_{number:05d}" for number in MISSING}


def test_times_pair_with_the_nearest() -> None:
    images = paths("{:.6f}.png", [1305031102.175 + 0.033 * index for index in range(6)])
    times = [1305031102.165 + 0.033 * index for index in range(6) if index != 2]
    with pytest.warns(HondoWarning, match="paired by the times"):
        found = pairs(images, paths("{:.6f}.png", times))
    assert list(found) == [0, 1, 3, 4, 5]


def test_names_that_differ_in_constant_numbers() -> None:
    images = paths("2011_09_26_{:010d}.png", range(4))
    with pytest.warns(HondoWarning):
        assert pairs(images, paths("map7_{}.png", range(4))) == {index: f"map7_{index}" for index in range(4)}


def test_order_counts_where_it_fits() -> None:
    assert pairs(NYU, paths("scan_{}.png", range(5)), every=2) == {2 * index: f"scan_{index}" for index in range(5)}
    assert pairs(NYU, paths("d{}.png", range(1, 11)), every=1) == {index: f"d{index + 1}" for index in range(10)}
    assert pairs(NYU, paths("{}.png", "abcdefghij"), every=1)[9] == "j"
    assert pairs(NYU, paths("{}.png", (0, 2, 4, 6, 8)), every=2)[8] == "8"
    assert pairs(NYU, paths("scan_{}.png", (0, 1, 3, 4)), every=2) == {
        0: "scan_0",
        2: "scan_1",
        6: "scan_3",
        8: "scan_4",
    }


@pytest.mark.parametrize(
    ("maps", "every", "says"),
    [
        (paths("{}.png", "abcdefghi"), 1, "should be 10, and their names do not say which are missing"),
        (paths("scan_{}.png", range(3)), None, "depth_every=N"),
        (paths("scan_{}.png", range(11)), 1, "do not fit 10 frames"),
        (paths("{}.png", "abcd"), None, "have no image of the same name"),
    ],
)
def test_what_names_cannot_decide_is_refused(maps: list[Path], every: int | None, says: str) -> None:
    with pytest.raises(HondoError, match=says):
        pairs(NYU, maps, every=every)


def test_poses_of_a_clip_with_missing_frames() -> None:
    assert pose_indices(NYU, 12, where="p") == list(range(10))
    with pytest.warns(HondoWarning, match="paired by the numbers"):
        assert pose_indices(paths("{}.png", MISSING), 10, where="p") == MISSING
    with pytest.warns(HondoWarning):
        assert pose_indices(paths("{}.png", (1, 2, 4)), 4, where="p") == [0, 1, 3]
    with pytest.raises(HondoError, match="poses of 3 frames, but the clip has 10"):
        pose_indices(NYU, 3, where="p")
