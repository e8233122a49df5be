"""The path of a camera through a clip, seen in its images: two-view geometry, and a model's depth for the scale."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from hondo.core.types import Camera
from hondo.geometry.linked_scales import linked_scales
from hondo.geometry.two_view import MIN_POINTS, two_view_motion
from hondo.images.optical_flow import OpticalFlow, pixel_places, round_trip, sampled, small_grey

AREA = 98_304  # pixels of the images that are matched: 256x384
GRID = 6  # pixels between the points
DEPTH_EVERY = 3  # images of which one is given depth: those between are linked to it by the points that they share
_ROUND_TRIP = 1.0  # square pixels by which flow there and back may miss its start
_GREY_NOISE = 30  # grey levels by which a matched pixel may differ
_TEXTURE = 3e-5  # the least corner (Shi and Tomasi 1994): less is noise
NORMAL = 1.4826  # of a median of absolute deviations: the standard deviation of a normal distribution
_TOLERANCE = 0.5  # pixels by which a point may miss its epipolar line

DepthOf = Callable[[UInt8[np.ndarray, "H W 3"]], Float[np.ndarray, "H W"]]


def camera_path(
    images: Iterable[UInt8[np.ndarray, "H W 3"]],
    camera: Camera,
    *,
    depth: DepthOf,
    is_scene: Bool[np.ndarray, "H W"] | None = None,
) -> Float[np.ndarray, "n 4 4"]:
    """T_world_camera of every image; the first camera is the world, and lengths are in the unit of ``depth``.

    ``camera`` is that of the images; ``depth``, asked for every third image, may be infinite or NaN where it is not
    known, and nothing is matched where ``is_scene`` is False. A motion that cannot be seen (a cut, an image without
    texture) counts as none: auto-masking leaves such pairs out of training. The lengths of neighbouring steps agree on
    the points that both see, so that the path averages what the depth of one image says of its scale.
    """
    flow, steps, last = OpticalFlow(is_fine=True), list["_Step"](), None
    for number, image in enumerate(images):
        now = View(image, camera, depth=depth(image) if number % DEPTH_EVERY == 0 else None, is_scene=is_scene)
        if last is not None:
            before = steps[-1] if steps else None
            step = _step(flow, last, now, before=before)
            if step.is_seen and np.isnan([step.own, step.link]).all():
                now = View(image, camera, depth=depth(image), is_scene=is_scene)
                step = _step(flow, last, now, before=before)
            steps.append(step)
        last = now
    own, link, spread = (np.array([getattr(each, name) for each in steps]) for name in ("own", "link", "spread"))
    poses = [np.eye(4)]
    for step, log_scale in zip(steps, linked_scales(own, link, spread), strict=True):
        T = step.T_next_first.copy()
        T[:3, 3] *= np.exp(log_scale) if np.isfinite(log_scale) else 0.0
        poses.append(poses[-1] @ np.linalg.inv(T))
    return np.stack(poses)


class View:
    """An image at the size at which it is matched, of about ``area`` pixels."""

    def __init__(
        self,
        image: UInt8[np.ndarray, "H W 3"],
        camera: Camera,
        *,
        depth: Float[np.ndarray, "_ _"] | None,
        is_scene: Bool[np.ndarray, "H W"] | None = None,
        area: int = AREA,
    ) -> None:
        self.grey = small_grey(image, area=area)
        size_hw = self.grey.shape[0], self.grey.shape[1]
        if depth is None:
            self.depth = np.full(size_hw, np.nan, np.float32)
        else:
            self.depth = cv2.resize(depth, size_hw[::-1], interpolation=cv2.INTER_NEAREST)
        self.camera = camera.resized(size_hw)
        scene = np.ones(size_hw, np.uint8) if is_scene is None else is_scene.astype(np.uint8)
        self.is_scene = cv2.resize(scene, size_hw[::-1], interpolation=cv2.INTER_NEAREST) > 0

    def rays(self, places: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
        """x/z and y/z of places (x, y) counted from the centre of the first pixel."""
        camera = self.camera
        return (places + 0.5 - (camera.cx, camera.cy)) / (camera.fx, camera.fy)

    def places(self, rays: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
        """The places of rays, the way back."""
        camera = self.camera
        return rays * (camera.fx, camera.fy) + (camera.cx, camera.cy) - 0.5

    def depth_at(self, places: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, " n"]:
        columns, rows = np.rint(places).astype(int).T
        return self.depth[rows, columns]


@dataclass(frozen=True, kw_only=True)
class _Step:
    """The motion between two images, its translation of length 1 (0: not seen), and the logarithm of its scale."""

    T_next_first: Float[np.ndarray, "4 4"]
    own: float = np.nan  # such that the points lie as deep as both depth maps say in the middle
    link: float = np.nan  # less that of the step before, by the points that both see
    spread: float = np.nan  # of the link over the points
    is_seen: bool = True
    places: Float[np.ndarray, "m 2"] | None = None  # in the next image, of the points at depth ``z``
    z: Float[np.ndarray, " m"] | None = None


def _step(flow: OpticalFlow, first: View, following: View, *, before: _Step | None) -> _Step:
    places, moved = _matches(flow, first, following)
    seen = two_view_motion(first.rays(places), following.rays(moved), tolerance=_TOLERANCE / first.camera.fx)
    if seen is None:
        return _Step(T_next_first=np.eye(4), is_seen=False)
    T, points = seen.T_next_first, seen.points
    places, moved = places[seen.is_kept], moved[seen.is_kept]
    z_first, z_next = points[:, 2], points @ T[2, :3] + T[2, 3]
    known = np.concatenate((first.depth_at(places), following.depth_at(moved)))
    found = np.concatenate((z_first, z_next))
    is_used = np.isfinite(known) & (found > 0) & (known > 0)
    own = float(np.log(np.median(known[is_used] / found[is_used]))) if is_used.any() else np.nan
    link, spread = (np.nan, np.nan) if before is None else _link(before, places, z_first, size_hw=first.grey.shape)
    is_ahead = z_next > 0
    return _Step(
        T_next_first=T, own=own, link=link, spread=spread, places=moved[is_ahead], z=z_next[is_ahead]
    )  # fmt: skip


def _link(
    before: _Step, places: Float[np.ndarray, "n 2"], z: Float[np.ndarray, " n"], *, size_hw: tuple[int, ...]
) -> tuple[float, float]:
    """The median and spread of log(z of the step before / z) over the points nearest to one another in the image."""
    if before.places is None or before.z is None or not len(before.z):
        return np.nan, np.nan
    columns, rows = np.rint(before.places).astype(int).T
    is_empty = np.ones(size_hw, np.uint8)
    is_empty[rows, columns] = 0
    z_before = np.zeros(size_hw)
    z_before[rows, columns] = before.z
    nearest: Any = cv2.distanceTransformWithLabels(
        is_empty, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    distance, label = nearest
    z_of = np.zeros(label.max() + 1)
    z_of[label[is_empty == 0]] = z_before[is_empty == 0]
    columns, rows = np.rint(places).astype(int).T
    is_shared = (distance[rows, columns] <= GRID / 2) & (z > 0)
    if is_shared.sum() < MIN_POINTS:
        return np.nan, np.nan
    ratio = np.log(z_of[label[rows, columns]][is_shared] / z[is_shared])
    middle = float(np.median(ratio))
    return middle, NORMAL * float(np.median(np.abs(ratio - middle)))


def _matches(
    flow: OpticalFlow, first: View, following: View
) -> tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, "n 2"]]:
    """Textured places of a grid and where they moved to, as far as the flow leads there and back and it looks alike."""
    height, width = first.grey.shape
    there, back = flow(first.grey, following.grey), flow(following.grey, first.grey)
    start = pixel_places((height, width))
    place = start + there
    is_inside = (place >= 0).all(-1) & (place <= (width - 1, height - 1)).all(-1)
    is_alike = cv2.absdiff(first.grey, sampled(following.grey, place)) < _GREY_NOISE
    is_textured = cv2.cornerMinEigenVal(first.grey, blockSize=5) > _TEXTURE
    is_grid = np.zeros((height, width), bool)
    is_grid[GRID // 2 :: GRID, GRID // 2 :: GRID] = True
    chosen = (
        is_grid & first.is_scene & is_inside & is_alike & is_textured & (round_trip(there, back, place) < _ROUND_TRIP)
    )
    return start[chosen].astype(np.float64), place[chosen].astype(np.float64)
