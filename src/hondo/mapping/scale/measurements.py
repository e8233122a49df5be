"""What tells metres, each as factors of a model's maps: one for each image, or for each piece of a camera's path.

A factor takes the map in its own unit (depth or inverse depth) to metres or 1/metres.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError
from hondo.core.predictor_protocol import Predictor
from hondo.core.sample import Sample
from hondo.core.text_file import read_text, split_words
from hondo.core.types import Camera, DepthMap
from hondo.data.datasets.clip import Frames
from hondo.data.datasets.intrinsics import read_camera
from hondo.geometry.depth_units import unscaled_depth
from hondo.geometry.metric_scale import scale_from_height, scale_from_points
from hondo.images.pixels import tensor_to_rgb8
from hondo.images.read import read_image
from hondo.images.stereo_matching import match_disparity
from hondo.mapping.odometry.estimate import estimate_path
from hondo.mapping.odometry.frames import open_sequence
from hondo.mapping.trajectory.trajectory import Trajectory, check_times, read_trajectory
from hondo.video.sources.sampling import spread_images

IMAGES = 50  # at most, evenly spread
PIECES = 10  # of a path, each with a factor of its own
LEAST_PIXELS = 50  # with a measurement, of an image that counts


@dataclass(frozen=True, kw_only=True)
class Measuring:
    """What was measured (``value``), the images it belongs to, their camera as it was given, and the model."""

    value: str
    images: str
    camera: str | None
    predictor: Predictor
    divide_by: float  # stored value of one metre, in depth maps of LiDAR
    fps: float

    def camera_of(self, image: Float[np.ndarray, "h w 3"] | np.ndarray) -> Camera | None:
        """That of an image; None where none was given."""
        if self.camera is None:
            return None
        return read_camera(self.camera, size_hw=(image.shape[0], image.shape[1]))

    def depth_maps(self) -> Iterator[DepthMap]:
        """Of images evenly spread over the source."""
        for image in spread_images(self.images, count=IMAGES):
            yield self.predictor(image, camera=self.camera_of(image))

    def number(self, what: str) -> float:
        """The value as one positive number."""
        return positive(self.value, what)


@dataclass(frozen=True, kw_only=True)
class Factor:
    """Of one image or piece, with the camera that took it."""

    value: float
    camera: Camera | None


def by_height(m: Measuring) -> Iterator[Factor]:
    """The camera stands so many metres above a plane in the lower half of the image; others do not count."""
    metres, refused, count = m.number("a height in metres"), None, 0
    for found in m.depth_maps():
        try:
            scale = scale_from_height(found, metres)
        except HondoError as error:
            if found.camera is None:
                raise
            refused = error
            continue
        count += 1
        yield Factor(value=scale.factor, camera=found.camera)
    if not count and refused is not None:
        raise refused


def by_points(m: Measuring) -> Iterator[Factor]:
    """Lines of x,y,metres in one image, or of image,x,y,metres; or the numbers of one point themselves."""
    for name, points in _points(m).items():
        path = Path(m.images) if name is None else Path(m.images) / name
        image = read_image(path)
        camera = m.camera_of(image)
        found = m.predictor(image, camera=camera)
        for point in points:
            yield Factor(value=scale_from_points(found, point[None]).factor, camera=camera)


def by_object(m: Measuring) -> Iterator[Factor]:
    """x1,y1,x2,y2,metres: two pixels of one image and how far apart the things there are."""
    row = numbers(m.value, count=5, what="an object is x1,y1,x2,y2,metres")
    image = read_image(Path(m.images))
    camera = m.camera_of(image)
    if camera is None:
        raise HondoError("the size of an object needs intrinsics; give camera=FILE or fx,fy,cx,cy")
    found = m.predictor(image, camera=camera)
    depth = unscaled_depth(found)
    ends = []
    for x, y in (row[:2], row[2:4]):
        if not (0 <= x < depth.shape[1] and 0 <= y < depth.shape[0]):
            raise HondoError(f"the pixel ({x:g}, {y:g}) lies outside of the image of {depth.shape[1]}x{depth.shape[0]}")
        z = float(np.median(depth[max(0, int(y) - 1) : int(y) + 2, max(0, int(x) - 1) : int(x) + 2]))
        ends.append(z * np.array([(x - camera.cx) / camera.fx, (y - camera.cy) / camera.fy, 1]))
    length = float(np.linalg.norm(ends[1] - ends[0]))
    if not (np.isfinite(length) and length > 0 and row[4] > 0):
        raise HondoError(f"object {m.value}: its ends need a known depth, two places and a positive length in metres")
    yield _of_depth(row[4] / length, found, camera)


def by_baseline(m: Measuring) -> Iterator[Factor]:
    """Metres between the cameras of rectified stereo pairs: disparity by semi-global matching."""
    frames = Frames(Path(m.images), camera=m.camera, sources=("stereo",), baseline=m.number("a baseline in metres"))
    for sample in _some(frames):
        assert sample.camera is not None and sample.sources[0].image is not None
        left, right = tensor_to_rgb8(sample.image), tensor_to_rgb8(sample.sources[0].image)
        disparity, is_certain = match_disparity(left, right)
        with np.errstate(divide="ignore"):
            depth = sample.camera.fx * float(m.value) / disparity
        yield from _by_map(m, left, sample.camera, np.where(is_certain, depth, np.nan))


def by_lidar(m: Measuring) -> Iterator[Factor]:
    """A folder of (sparse) depth maps that belong to the images."""
    frames = Frames(Path(m.images), camera=m.camera, depth=m.value, divide_by=m.divide_by)
    for sample in _some(frames):
        assert sample.depth_gt is not None and sample.valid is not None
        depth = np.where(sample.valid[0].numpy(), sample.depth_gt[0].numpy(), np.nan)
        yield from _by_map(m, tensor_to_rgb8(sample.image), sample.camera, depth)


def by_speed(m: Measuring) -> Iterator[Factor]:
    """Metres a second, of the whole video, or a file of lines time,speed (from the start of the video)."""
    path, camera = _path(m)
    if Path(m.value).is_file():
        rows = np.array([numbers(line, count=2, what="a line is time,speed") for line in _lines(Path(m.value))])
        check_times(rows[:, 0], where=m.value)
        way = np.concatenate(([0], np.cumsum(np.diff(rows[:, 0]) * (rows[1:, 1] + rows[:-1, 1]) / 2)))
        metres = np.interp(path.times, rows[:, 0], way)
    else:
        metres = (path.times - path.times[0]) * m.number("a speed in metres a second")
    yield from _by_way(m, path, camera, metres)


def by_track(m: Measuring) -> Iterator[Factor]:
    """Positions of a GPS or IMU unit: TUM lines (time x y z and a quaternion) or matrices of each frame, in metres."""
    path, camera = _path(m)
    track = read_trajectory(Path(m.value))
    way = np.concatenate(([0], np.cumsum(np.linalg.norm(np.diff(track.poses[:, :3, 3], axis=0), axis=1))))
    at = path.times if track.times.max() > len(track.times) or track.times[0] > 0 else path.frames
    yield from _by_way(m, path, camera, np.interp(at, track.times, way))


MEASUREMENTS: dict[str, Callable[[Measuring], Iterator[Factor]]] = {
    "baseline": by_baseline, "height": by_height, "speed": by_speed, "track": by_track, "points": by_points,
    "known": by_points, "lidar": by_lidar, "object": by_object,
}  # fmt: skip


def _of_depth(factor: float, found: DepthMap, camera: Camera | None) -> Factor:
    """From a factor of depth to one of the map's values."""
    return Factor(value=1 / factor if found.kind.is_inverse else factor, camera=camera)


def _by_map(m: Measuring, image: np.ndarray, camera: Camera | None, depth: np.ndarray) -> Iterator[Factor]:
    """The median ratio over the pixels that a map in metres knows."""
    found = m.predictor(image, camera=camera)
    ratio = depth / unscaled_depth(found)
    ratio = ratio[np.isfinite(ratio) & (ratio > 0)]
    if len(ratio) >= LEAST_PIXELS:
        yield _of_depth(float(np.median(ratio)), found, camera)


def _path(m: Measuring) -> tuple[Trajectory, Camera]:
    sequence = open_sequence(m.images, camera=m.camera, fps=m.fps)
    return estimate_path(sequence, m.predictor).trajectory, sequence.camera


def _by_way(m: Measuring, path: Trajectory, camera: Camera, metres: Float[np.ndarray, " n"]) -> Iterator[Factor]:
    """Pieces of equal length of a path, in metres (``metres``: the way up to each image) over the model's unit."""
    own = np.concatenate(([0], np.cumsum(np.linalg.norm(np.diff(path.poses[:, :3, 3], axis=0), axis=1))))
    if not metres[-1] - metres[0] > 0:
        raise HondoError(f"{m.value}: the camera moves no metre while the video runs; check the times and the file")
    ends = np.interp(np.linspace(metres[0], metres[-1], PIECES + 1), metres, own)
    pieces = np.diff(ends)
    for piece in pieces[pieces > 0]:
        ratio = (metres[-1] - metres[0]) / PIECES / piece
        yield Factor(value=1 / ratio if m.predictor.kind.is_inverse else ratio, camera=camera)


def _some(frames: Frames) -> Iterator[Sample]:
    return (frames[int(index)] for index in np.unique(np.linspace(0, len(frames) - 1, IMAGES).round()))


def _points(m: Measuring) -> dict[str | None, Float[np.ndarray, "n 3"]]:
    """Points by image; None: of the one image that was given."""
    lines = _lines(Path(m.value)) if Path(m.value).is_file() else [m.value]
    found: dict[str | None, list[list[float]]] = {}
    for line in lines:
        words = split_words(line)
        name = words[0] if len(words) == 4 else None
        found.setdefault(name, []).append(
            numbers(" ".join(words[name is not None :]), count=3, what="a point is x,y,metres or image,x,y,metres")
        )
    if not found:
        raise HondoError(f"{m.value}: no points; give lines x,y,metres or image,x,y,metres")
    return {name: np.array(rows) for name, rows in found.items()}


def _lines(path: Path) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in read_text(path).splitlines())
    return [line for line in lines if line]


def numbers(text: str, *, count: int, what: str) -> list[float]:
    """So many numbers of a text."""
    try:
        found = [float(word) for word in split_words(text)]
    except ValueError:
        found = []
    if len(found) != count:
        raise HondoError(f"'{text}': {what}")
    return found


def positive(text: str, what: str) -> float:
    """One positive number."""
    (value,) = numbers(text, count=1, what=f"give {what}")
    if not 0 < value < float("inf"):
        raise HondoError(f"'{text}': give {what}, a positive number")
    return value
