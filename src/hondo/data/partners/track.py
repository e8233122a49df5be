"""How far the camera moved between frames: a table of speeds, GPS positions or positions in metres."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError
from hondo.core.text_file import read_text

TRACK_FILES = ("track.csv", "speeds.csv", "gps.csv")
EARTH_RADIUS_M = 6378137.0  # WGS84, equatorial
_KMH = 1 / 3.6  # metres a second
_TIMES, _NAMES = ("seconds", "time", "timestamp"), ("frame", "image", "file")
# The columns that say where the camera is, by what they mean; the first that a file has is used.
_PLACES = (("x", "y", "z"), ("latitude", "longitude"), ("lat", "lon"), ("speed",), ("speed_kmh",))


@dataclass(frozen=True, kw_only=True)
class Track:
    """Where the camera was at each frame [m]: in space, or on its path where only its speed is known; NaN: unknown."""

    places: Float[np.ndarray, "n d"]

    def distance(self, one: int, other: int) -> float | None:
        """Metres between the places of two frames; None where one is not known."""
        metres = float(np.linalg.norm(self.places[one] - self.places[other]))
        return metres if np.isfinite(metres) else None


def read_track(path: Path, images: Sequence[Path], *, frame_times: Sequence[float] | None = None) -> Track:
    """The track of the frames ``images``, from a CSV file with a head line.

    Columns: seconds, and speed [m/s] (or speed_kmh), or latitude and longitude [degrees] (altitude [m]), or x, y, z
    [m]. Its rows are of the frames in order, or of those that a column frame names; with ``frame_times`` [s after the
    first frame] places are interpolated, so that any number of rows will do. Refuses times that do not grow.
    """
    rows = list(csv.DictReader(read_text(path).splitlines()))
    head = [name.strip().lower() for name in (rows[0] if rows else ())]
    kind = next((names for names in _PLACES if set(names) <= {*head}), None)
    if kind is None:
        raise HondoError(f"{path}: the head line must name speed, latitude and longitude, or x, y, z; it names {head}")
    columns = {name: [(row[key] or "").strip() for row in rows] for name, key in zip(head, rows[0], strict=True)}
    numbers = {name: _numbers(path, name, columns[name]) for name in head if name not in _NAMES}
    times = next((numbers[name] for name in _TIMES if name in numbers), None)
    if times is not None and not (np.diff(times) > 0).all():
        row = int(np.flatnonzero(~(np.diff(times) > 0))[0]) + 2
        raise HondoError(f"{path}: the time in row {row} is not later than that before; sort the rows by time")
    places = _places(path, kind, numbers, times)
    named = next((columns[name] for name in _NAMES if name in columns), None)
    return Track(places=_of_frames(path, places, images, named=named, times=times, frame_times=frame_times))


def _places(
    path: Path,
    kind: tuple[str, ...],
    numbers: dict[str, Float[np.ndarray, " r"]],
    times: Float[np.ndarray, " r"] | None,
) -> Float[np.ndarray, "r d"]:
    given = [numbers[name] for name in kind]
    if kind[0] == "x":
        return np.column_stack(given)
    if len(kind) == 2:
        latitude, longitude = np.radians(given[0]), np.radians(given[1])
        east = EARTH_RADIUS_M * np.cos(np.nanmean(latitude)) * longitude
        altitude = next((numbers[name] for name in ("altitude", "alt") if name in numbers), np.zeros_like(east))
        return np.column_stack((east, EARTH_RADIUS_M * latitude, altitude))
    if times is None:
        raise HondoError(f"{path}: speeds need a column seconds: the time of each row")
    speed = given[0] * (_KMH if kind[0] == "speed_kmh" else 1.0)
    steps = (speed[1:] + speed[:-1]) / 2 * np.diff(times)
    return np.concatenate(([0.0], steps.cumsum()))[:, None]


def _of_frames(
    path: Path,
    places: Float[np.ndarray, "r d"],
    images: Sequence[Path],
    *,
    named: list[str] | None,
    times: Float[np.ndarray, " r"] | None,
    frame_times: Sequence[float] | None,
) -> Float[np.ndarray, "n d"]:
    """The place of each frame: by its name, by its time, or by the order of the rows."""
    if named is not None:
        row_of = {Path(name).stem: row for row, name in enumerate(named)}
        if not any(image.stem in row_of for image in images):
            raise HondoError(f"{path}: its column of frames names none of the images, e.g. {images[0].name}")
        unknown = np.full(places.shape[1], np.nan)
        return np.stack([places[row_of[image.stem]] if image.stem in row_of else unknown for image in images])
    if frame_times is not None and times is not None:
        at = np.asarray(frame_times, dtype=float)
        since = times - times[0]
        return np.column_stack([np.interp(at, since, axis, left=np.nan, right=np.nan) for axis in places.T])
    if len(places) != len(images):
        raise HondoError(
            f"{path}: {len(places)} rows do not fit {len(images)} frames; give a row for each frame, or a column frame "
            "with the names of the images"
        )
    return places


def _numbers(path: Path, name: str, texts: Sequence[str]) -> Float[np.ndarray, " r"]:
    """A column as numbers; NaN where a field is empty."""
    try:
        return np.array([float(text) if text else np.nan for text in texts])
    except ValueError as error:
        raise HondoError(f"{path}: column {name} holds no number: {error}") from error
