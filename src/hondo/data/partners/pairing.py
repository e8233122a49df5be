"""Which depth map (or pose) belongs to which image: by name, number or time; the order of the list comes last."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError, warn
from hondo.images.listing import name_numbers, shared_name

_TIME = re.compile(r"\d{9,}(?:\.\d+)?")  # seconds with a fraction, or microseconds and nanoseconds


def pair_maps(images: Sequence[Path], maps: Sequence[Path], *, every: int | None, where: str) -> Mapping[int, Path]:
    """Frame number -> depth map: by equal names, by time, by number; with ``every`` n the i-th map is of frame i n.

    Refused where names do not decide and the counts do not fit; what was paired by number or time is said.
    """
    if every is not None:
        return _with_step(images, maps, every=every, where=where)
    frame_of = {shared_stem(path): index for index, path in enumerate(images)}
    strangers = [path.name for path in maps if shared_stem(path) not in frame_of]
    if not strangers:
        return {frame_of[shared_stem(path)]: path for path in maps}
    found = by_time(images, maps)
    how = "times"
    if found is None:
        found, how = by_number(images, maps), "numbers"
        if found is not None and len(maps) != len(images) and _is_plain_count(maps):
            found = None  # 0, 1, 2 may count the maps rather than name frames
    if found is None:
        raise HondoError(
            f"{where}: {len(strangers)} of {len(maps)} depth maps have no image of the same name (first: "
            f"{strangers[0]}); rename them, or give depth_every=N if the i-th map belongs to frame i x N"
        )
    warn(f"{where}: depth maps are paired by the {how} in their names: {len(found)} of {len(images)} images have one")
    return found


def shared_stem(path: Path) -> str:
    """What an image and its depth map have in common: frame-000.color.jpg and frame-000.depth.png."""
    return re.sub(r"\.(color|colour|rgb|image|depth)$", "", path.stem)


def by_number(images: Sequence[Path], maps: Sequence[Path]) -> dict[int, Path] | None:
    """By the numbers that vary in the names; None where a map has no image of its number, or numbers repeat."""
    image_keys, map_keys = _varying(images), _varying(maps)
    frame_of = {key: index for index, key in enumerate(image_keys)}
    if len(frame_of) < len(images) or len(set(map_keys)) < len(maps) or any(key not in frame_of for key in map_keys):
        return None
    return {frame_of[key]: path for key, path in zip(map_keys, maps, strict=True)}


def by_time(images: Sequence[Path], maps: Sequence[Path]) -> dict[int, Path] | None:
    """By the nearest time in the names, within half a frame; maps farther from any image are left out."""
    image_times, map_times = _times(images), _times(maps)
    if image_times is None or map_times is None or len(images) < 2:
        return None
    most = np.median(np.diff(np.sort(image_times))) / 2
    found: dict[int, tuple[float, Path]] = {}
    for time, path in zip(map_times, maps, strict=True):
        frame = int(np.abs(image_times - time).argmin())
        apart = float(abs(image_times[frame] - time))
        if apart <= most and (frame not in found or apart < found[frame][0]):
            found[frame] = (apart, path)
    return {frame: path for frame, (_, path) in found.items()} or None


def pose_indices(images: Sequence[Path], count: int, *, where: str) -> list[int]:
    """Which of ``count`` poses each image has: in order, or by the numbers in the names where images are missing."""
    numbers = [key[0] for key in _varying(images) if len(key) == 1]
    is_counted = len(numbers) == len(images) and len(set(numbers)) == len(images)
    first = numbers[0] if is_counted else 0
    if is_counted and len(images) < count and (first > 1 or numbers != list(range(first, first + len(images)))):
        base = 1 if max(numbers) == count else 0
        if min(numbers) >= base and max(numbers) - base < count:
            warn(f"{where}: {count} poses for {len(images)} images: paired by the numbers in the images' names")
            return [number - base for number in numbers]
    if count < len(images):
        raise HondoError(f"{where}: poses of {count} frames, but the clip has {len(images)}")
    return list(range(len(images)))


def _with_step(images: Sequence[Path], maps: Sequence[Path], *, every: int, where: str) -> Mapping[int, Path]:
    count = len(images)
    if every < 1 or (len(maps) - 1) * every >= count:
        raise HondoError(f"{where}: {len(maps)} depth maps, one of every {every} frames, do not fit {count} frames")
    in_order = {index * every: path for index, path in enumerate(maps)}
    numbered = by_time(images, maps) if every == 1 else None
    numbered = numbered or by_number(images, maps)
    is_complete = len(maps) == math.ceil(count / every)
    if numbered is None:
        if is_complete or _is_plain_count(maps):
            return in_order
        if (counted := _counted(maps, every=every, count=count)) is not None:
            return counted
        raise HondoError(
            f"{where}: {len(maps)} depth maps for {count} images, one of every {every}, should be "
            f"{math.ceil(count / every)}, and their names do not say which are missing; name maps as their images"
        )
    if numbered == in_order or (every > 1 and _is_plain_count(maps)):
        return in_order
    if every > 1 and any(frame % every for frame in numbered):
        if (counted := _counted(maps, every=every, count=count)) is not None:
            return counted
        raise HondoError(f"{where}: the numbers in the names of the depth maps are not those of every {every}th frame")
    warn(f"{where}: depth maps are paired by the numbers in their names: {len(numbered)} of {count} images have one")
    return numbered


def _counted(maps: Sequence[Path], *, every: int, count: int) -> dict[int, Path] | None:
    """Maps that are numbered 0, 1, 3, 4 with one missing: the number counts steps of ``every`` frames."""
    numbers = [key[0] for key in _varying(maps) if len(key) == 1]
    if len(set(numbers)) < len(maps) or any(number * every >= count for number in numbers):
        return None
    return {number * every: path for number, path in zip(numbers, maps, strict=True)}


def _is_plain_count(maps: Sequence[Path]) -> bool:
    """Whether maps are numbered 0, 1, 2 ... (or 1, 2, 3 ...) without a gap."""
    numbers = [key[0] for key in _varying(maps) if len(key) == 1]
    return len(numbers) == len(maps) and sorted(numbers) in (list(range(len(maps))), list(range(1, len(maps) + 1)))


def _varying(files: Sequence[Path]) -> list[tuple[int, ...]]:
    """The numbers of each name without those that are the same in all."""
    keys = [name_numbers(shared_name(path.stem)) for path in files]
    if len({len(key) for key in keys}) != 1 or len(files) < 2:
        return keys
    kept = [place for place in range(len(keys[0])) if len({key[place] for key in keys}) > 1]
    return [tuple(key[place] for place in kept) for key in keys]


def _times(files: Sequence[Path]) -> Float[np.ndarray, " n"] | None:
    names = [shared_name(path.stem) for path in files]
    if not all(_TIME.fullmatch(name) for name in names):
        return None
    return np.array([float(name) for name in names])
