"""The path of a camera through a clip, seen in its images: two-view geometry, and a model's depth for the scale."""

from collections.abc import Callable, Iterable

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from hondo.core.types import Camera
from hondo.geometry.two_view import two_view_motion
from hondo.images.optical_flow import OpticalFlow, pixel_places, round_trip, sampled, small_grey

AREA = 98_304  # pixels of the images that are matched: 256x384
GRID = 6  # pixels between the points
_ROUND_TRIP = 1.0  # square pixels by which flow there and back may miss its start
_GREY_NOISE = 30  # grey levels by which a matched pixel may differ
_TEXTURE = 3e-5  # the least corner (Shi and Tomasi 1994): less is noise
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

    ``camera`` is that of the images; ``depth`` may be infinite or NaN where it is not known, and nothing is matched
    where ``is_scene`` is False. A motion that cannot be seen (a cut, an image without texture) counts as none:
    auto-masking leaves such pairs out of training.
    """
    flow, poses, last = OpticalFlow(is_fine=True), [np.eye(4)], None
    for image in images:
        now = View(image, camera, depth=depth(image), is_scene=is_scene)
        if last is not None:
            poses.append(poses[-1] @ np.linalg.inv(_motion(flow, last, now)))
        last = now
    return np.stack(poses)


class View:
    """An image at the size at which it is matched, of about ``area`` pixels."""

    def __init__(
        self,
        image: UInt8[np.ndarray, "H W 3"],
        camera: Camera,
        *,
        depth: Float[np.ndarray, "_ _"],
        is_scene: Bool[np.ndarray, "H W"] | None = None,
        area: int = AREA,
    ) -> None:
        self.grey = small_grey(image, area=area)
        size_hw = self.grey.shape[0], self.grey.shape[1]
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


def _motion(flow: OpticalFlow, first: View, following: View) -> Float[np.ndarray, "4 4"]:
    """T_following_first, its length such that the points lie as deep as both depth maps say in the middle."""
    places, moved = _matches(flow, first, following)
    seen = two_view_motion(first.rays(places), following.rays(moved), tolerance=_TOLERANCE / first.camera.fx)
    if seen is None:
        return np.eye(4)
    T, points = seen.T_next_first.copy(), seen.points
    known = np.concatenate((first.depth_at(places[seen.is_kept]), following.depth_at(moved[seen.is_kept])))
    found = np.concatenate((points[:, 2], points @ T[2, :3] + T[2, 3]))
    is_used = np.isfinite(known) & (found > 0)
    T[:3, 3] *= np.median(known[is_used] / found[is_used]) if is_used.any() else 0.0
    return T


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
