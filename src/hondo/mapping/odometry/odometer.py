"""The path of a camera, image by image, in constant memory: followed points, keyframes, windowed refinement."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Bool, Float, UInt8

from hondo.core.types import Camera
from hondo.data.datasets.camera_path import DepthOf, View
from hondo.geometry.two_view import two_view_motion
from hondo.mapping.odometry.bundle import BundleConfig, adjusted
from hondo.mapping.odometry.frame_pose import LEAST_POINTS, frame_pose
from hondo.mapping.odometry.keyframes import NOWHERE, empty_window, only_points, with_keyframe, without_oldest
from hondo.mapping.odometry.tracks import follow, new_corners

Image = UInt8[np.ndarray, "H W 3"]
# T_next_first between two images, or None where it is not known.
MotionOf = Callable[[np.ndarray, np.ndarray], Float[np.ndarray, "4 4"] | None]


@dataclass(frozen=True, kw_only=True)
class OdometryConfig:
    """What is followed, when an image becomes a keyframe, and how the window is refined."""

    area: int = 196_608  # pixels of the images that are matched: 384x512
    points: int = 350  # that are followed at most
    spacing: float = 0.018  # between new points, as a share of the longer side
    window: int = 7  # keyframes that are refined together
    fixed: int = 2  # of them, the oldest, whose poses stay
    least_share: float = 0.6  # of a keyframe's points that are still followed, or the next keyframe begins
    most_flow: float = 0.07  # median way of the points, as a share of the longer side, before the next keyframe
    still: float = 0.003  # the same: below it the camera is taken not to have moved
    pixels: float = 0.4  # standard deviation of a followed point, in the images that are matched
    trust_motion: bool = False  # poses are those of ``motion`` as it gives them, where there is one
    bundle: BundleConfig = field(default_factory=BundleConfig)


DEFAULT = OdometryConfig()


@dataclass(frozen=True, kw_only=True)
class Keyframe:
    """An image whose pose was refined; ``scale``: depth in the world's unit over the model's depth."""

    index: int
    T_world_camera: Float[np.ndarray, "4 4"]
    scale: float


class Odometer:
    """Give it images in order with ``add``; ``finish`` gives the poses, the first camera's frame being the world.

    ``depth`` is the model's, which is asked for keyframes alone. ``on_keyframe`` is told of each keyframe when its pose
    is final. ``motion`` guesses how the camera moved from one image to the next (a pose network).
    """

    def __init__(
        self,
        camera: Camera,
        depth: DepthOf,
        *,
        config: OdometryConfig = DEFAULT,
        motion: MotionOf | None = None,
        on_keyframe: Callable[[Keyframe], None] = lambda keyframe: None,
    ) -> None:
        focal = camera.fx * math.sqrt(min(1.0, config.area / (camera.size_hw[0] * camera.size_hw[1])))
        self._config = replace(config, bundle=replace(config.bundle, ray=config.pixels / focal))
        self._camera, self._depth, self._motion = camera, depth, motion
        self._on_keyframe = on_keyframe
        self._window, self._indices, self._count = empty_window(), [], 0
        self._greys: list[np.ndarray] = []  # of the window's keyframes
        self._point = np.zeros(0, int)  # the followed points, by their number in the window
        self._start, self._place = np.zeros((0, 2)), np.zeros((0, 2))  # in the last keyframe and in the last image
        self._view: View | None = None  # of the last keyframe
        self._last: tuple[np.ndarray, np.ndarray] = (np.eye(4), np.eye(4))  # poses of the last two images
        self._image: np.ndarray | None = None
        self._related: list[tuple[int, np.ndarray]] = []  # of each image: its keyframe's index, T_keyframe_image
        self._final: dict[int, np.ndarray] = {}  # keyframe index: T_world_camera
        self.lost: list[int] = []  # images whose pose could not be seen
        self.depths: list[float] = []  # of the middle of each keyframe's points

    def add(self, image: Image) -> None:
        """The next image, of the camera's size."""
        index, self._count = self._count, self._count + 1
        view = View(image, self._camera, depth=_NO_DEPTH, area=self._config.area)
        if self._view is None:
            self._begin(view, image, index, T=np.eye(4))
        else:
            self._follow(view, image, index)
        self._image = image if self._motion is not None else None

    @property
    def keyframes(self) -> list[int]:
        """The images whose poses were refined, once it is finished."""
        return sorted(self._final)

    def finish(self) -> Float[np.ndarray, "n 4 4"]:
        """T_world_camera of every image."""
        for number, index in enumerate(self._indices):
            self._finalise(number, index)
        return np.stack([self._final[keyframe] @ T for keyframe, T in self._related])

    def _follow(self, view: View, image: Image, index: int) -> None:
        assert self._view is not None
        T_world_last, before = self._last[1], self._last[0]
        predicted = T_world_last @ np.linalg.inv(before) @ T_world_last
        guesses = [predicted, T_world_last]
        if self._motion is not None and self._image is not None:
            moved = self._motion(self._image, image)
            guesses = guesses if moved is None else [T_world_last @ np.linalg.inv(moved), *guesses]
        points = self._window.points()[self._point]
        self._place, is_kept = follow(self._view.grey, view.grey, self._start, self._expected(view, points, guesses[0]))
        self._keep(is_kept)
        points = points[is_kept]
        rays = view.rays(self._place)
        guesses += self._two_view(rays, points)
        found = frame_pose(points, rays, guesses, deviation=self._config.bundle.ray)
        if self._config.trust_motion and found is not None:
            found = replace(found, T_world_camera=guesses[0])
        if found is None:
            self.lost.append(index)
            self._begin(view, image, index, T=predicted if len(points) else T_world_last)
            return
        self._keep(found.is_kept)
        self._last = T_world_last, found.T_world_camera
        T_world_keyframe = self._window.poses[-1]
        self._related.append((self._indices[-1], np.linalg.inv(T_world_keyframe) @ found.T_world_camera))
        if self._is_keyframe(view):
            self._add_keyframe(view, image, index, found.T_world_camera)

    def _expected(self, view: View, points: np.ndarray, T: np.ndarray) -> Float[np.ndarray, "n 2"]:
        """Where the points should be seen; where that is far off, where they were seen last."""
        inside = (points - T[:3, 3]) @ T[:3, :3]
        z = np.maximum(inside[:, 2:], 1e-6)
        places = view.places(inside[:, :2] / z)
        is_near = (inside[:, 2] > 0) & (np.abs(places - self._place).max(1) < 0.1 * max(view.grey.shape))
        return np.where(is_near[:, None], places, self._place)

    def _two_view(self, rays: np.ndarray, points: np.ndarray) -> list[np.ndarray]:
        """The pose by two-view geometry with the last keyframe, its length by the points' depths."""
        assert self._view is not None
        start = self._view.rays(self._start)
        seen = two_view_motion(start, rays, tolerance=self._config.bundle.ray)
        if seen is None:
            return []
        T_world_keyframe = self._window.poses[-1]
        known = ((points - T_world_keyframe[:3, 3]) @ T_world_keyframe[:3, :3])[seen.is_kept, 2]
        is_used = seen.points[:, 2] > 0
        if not is_used.any():
            return []
        T = seen.T_next_first.copy()
        T[:3, 3] *= np.median(known[is_used] / seen.points[is_used, 2])
        return [T_world_keyframe @ np.linalg.inv(T)]

    def _is_keyframe(self, view: View) -> bool:
        way = float(np.median(np.linalg.norm(self._place - self._start, axis=1))) / max(view.grey.shape)
        is_few = len(self._point) < max(LEAST_POINTS * 2, self._config.least_share * self._followed)
        return way > self._config.most_flow or (is_few and way > self._config.still)

    def _begin(self, view: View, image: Image, index: int, *, T: np.ndarray) -> None:
        """A first keyframe: of the video, or behind a cut, where nothing leads on from what was seen before."""
        for number, each in enumerate(self._indices):
            self._finalise(number, each)
        self._window, self._indices, self._greys = empty_window(), [], []
        self._keep(np.zeros(len(self._point), bool))
        self._related.append((index, np.eye(4)))
        self._last = T, T
        self._add_keyframe(view, image, index, T)

    def _add_keyframe(self, view: View, image: Image, index: int, T: np.ndarray) -> None:
        config = self._config
        view = View(image, self._camera, depth=self._depth(image), area=config.area)
        taken, longer = self._sharpened(view), max(view.grey.shape)
        fresh = new_corners(
            view.grey, taken, count=config.points - len(taken), distance=max(5.0, config.spacing * longer)
        )
        points = self._window.points()[self._point]
        z = ((points - T[:3, 3]) @ T[:3, :3])[:, 2]
        log_depth = log_or_nan(view.depth_at(taken))
        ratio = np.log(np.maximum(z, 1e-9)) - log_depth
        is_known = np.isfinite(ratio)
        first = self._window.log_scale[-1] if len(self._window.log_scale) else 0.0
        log_scale = float(np.median(ratio[is_known])) if is_known.sum() >= LEAST_POINTS else first
        first_new = len(self._window.ray)
        self._window = with_keyframe(
            self._window, T, log_scale=log_scale, point=self._point, ray=view.rays(taken), log_depth=log_depth,
            new_ray=view.rays(fresh), new_log_depth=log_or_nan(view.depth_at(fresh)),
        )  # fmt: skip
        self._indices.append(index)
        self._greys.append(view.grey)
        self._related[-1] = (index, np.eye(4))
        self._point = np.concatenate((self._point, first_new + np.arange(len(fresh))))
        self._place = np.concatenate((taken, fresh))
        self._start, self._view, self._followed = self._place, view, len(self._place)
        if len(self._indices) > 1:
            self._refine()
        self._last = self._last[0], self._window.poses[-1]

    def _sharpened(self, view: View) -> Float[np.ndarray, "n 2"]:
        """Where the points lie, compared with the keyframe that saw each first: errors do not add up on the way."""
        places, window = self._place.copy(), self._window
        for keyframe, grey in enumerate(self._greys):
            chosen = np.flatnonzero(window.anchor[self._point] == keyframe)
            start = view.places(window.ray[self._point[chosen]])
            moved, is_found = follow(grey, view.grey, start, self._place[chosen], window=11, levels=0)
            is_near = is_found & (np.linalg.norm(moved - self._place[chosen], axis=1) < 1.5)
            places[chosen[is_near]] = moved[is_near]
        return places

    def _refine(self) -> None:
        """Bundle adjustment; then outliers go, points that nothing sees, and the oldest keyframe without room."""
        config = self._config
        fixed = config.fixed if len(self._indices) >= config.window else 1
        self._window, error = adjusted(self._window, fixed=fixed, config=config.bundle)
        window = replace(self._window, seen=self._window.seen.only(error < 4 * config.bundle.ray))
        if len(self._indices) > config.window:
            self._finalise(0, self._indices.pop(0))
            self._greys.pop(0)
            window = without_oldest(window)
        views = np.bincount(window.seen.point, minlength=len(window.ray))
        is_live = np.zeros(len(window.ray), bool)
        is_live[self._point] = True
        is_seen_now = np.zeros(len(window.ray), bool)
        is_seen_now[window.seen.point[window.seen.keyframe == len(window.poses) - 1]] = True
        has_anchor = window.anchor >= 0
        self._window, number = only_points(window, has_anchor & ((views > 1) | ((views > 0) & is_live & is_seen_now)))
        self._point = np.where(is_seen_now[self._point], number[self._point], NOWHERE)
        self._keep(self._point != NOWHERE)

    def _finalise(self, number: int, index: int) -> None:
        """The pose of the window's keyframe ``number`` stays as it is."""
        self._final[index] = self._window.poses[number].copy()
        scale = float(np.exp(self._window.log_scale[number]))
        self._on_keyframe(Keyframe(index=index, T_world_camera=self._final[index], scale=scale))
        inverse = self._window.log_inverse[self._window.anchor == number]
        if len(inverse):
            self.depths.append(float(np.exp(-np.median(inverse))))

    def _keep(self, chosen: Bool[np.ndarray, " n"]) -> None:
        """Only some of the followed points."""
        self._point, self._start, self._place = self._point[chosen], self._start[chosen], self._place[chosen]


_NO_DEPTH = np.full((1, 1), np.nan, dtype=np.float32)


def log_or_nan(depth: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """The logarithm of depths; NaN where one is not positive or infinite."""
    is_known = np.isfinite(depth) & (depth > 0)
    return np.where(is_known, np.log(np.where(is_known, depth, 1)), np.nan)
