"""Distances between frames from speeds, GPS and positions; rows by order, name and time."""

from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.data.partners.track import read_track

IMAGES = [Path(f"{number:03d}.jpg") for number in range(4)]


def track(tmp_path: Path, text: str, **options):
    path = tmp_path / "track.csv"
    path.write_text(text)
    return read_track(path, IMAGES, **options)


def test_speeds_are_integrated_over_time(tmp_path: Path) -> None:
    found = track(tmp_path, "seconds,speed\n0,10\n0.1,10\n0.2,20\n0.4,20\n")
    assert [found.distance(0, 1), found.distance(2, 1), found.distance(2, 3)] == pytest.approx([1.0, 1.5, 4.0])
    kmh = track(tmp_path, "seconds,speed_kmh\n0,36\n0.1,36\n0.2,72\n0.4,72\n")
    assert kmh.distance(0, 3) == pytest.approx(6.5)


def test_gps_is_metres_on_the_ground(tmp_path: Path) -> None:
    found = track(tmp_path, "latitude,longitude\n49,8\n49.00001,8\n49.00001,8.00001\n,8\n")
    assert found.distance(0, 1) == pytest.approx(1.113, abs=2e-3)  # a degree is 111.3 km
    assert found.distance(1, 2) == pytest.approx(0.730, abs=2e-3)  # times cos 49 degrees
    assert found.distance(2, 3) is None


def test_rows_by_name_leave_the_rest_unknown(tmp_path: Path) -> None:
    found = track(tmp_path, "frame,x,y,z\n002.jpg,3,4,0\n000,0,0,0\n")
    assert found.distance(0, 2) == 5 and found.distance(0, 1) is None


def test_rows_by_time_are_interpolated(tmp_path: Path) -> None:
    found = track(tmp_path, "time,x,y,z\n100,0,0,0\n101,2,0,0\n", frame_times=[0, 0.25, 0.5, 1.5])
    assert found.distance(0, 2) == pytest.approx(1.0) and found.distance(2, 3) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seconds,speed\n0,1\n0.2,1\n0.1,1\n0.3,1\n", "row 3 is not later"),
        ("speed\n1\n1\n1\n1\n", "need a column seconds"),
        ("seconds,height\n0,1\n", "head line must name"),
        ("x,y,z\n1,2,3\n", "1 rows do not fit 4 frames"),
        ("x,y,z\n1,2,a\n", "column z holds no number"),
        ("frame,x,y,z\nb.png,1,2,3\n", "names none of the images"),
    ],
)
def test_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(HondoError, match=message):
        track(tmp_path, text)
