"""A coloured mesh or cloud of the place that a video shows, as ``hondo fuse`` writes it: a small monocular SLAM."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError
from hondo.core.predictor_protocol import Predictor
from hondo.core.preparing.countdown import counted
from hondo.core.types import Camera
from hondo.data.datasets.camera_path import View as MatchedView
from hondo.engines.load import ModelSettings
from hondo.geometry.depth_units import unscaled_depth
from hondo.mapping.fusion.known_poses import ScaleFollower
from hondo.mapping.fusion.mesh_file import check_suffix, write_mesh, write_page
from hondo.mapping.fusion.surface import Mesh, mesh_of
from hondo.mapping.fusion.volume import View, Volume
from hondo.mapping.odometry.estimate import check_has_shape, estimate_path
from hondo.mapping.odometry.frames import ImageSequence, TimedImage, open_sequence
from hondo.mapping.odometry.odometer import Keyframe
from hondo.mapping.trajectory.path_score import MAX_TIME_APART
from hondo.mapping.trajectory.trajectory import is_timed, read_trajectory

DEPTH_PIXELS = 49_152  # of the depth maps that are fused: 192x256, what the models give
VOXEL_SHARE = 0.012  # of the median depth of the first view: the side of a voxel where none is given
FAR_SHARE = 2.5  # times the median depth of a view: what is farther is left out
EDGE = 0.04  # relative change of depth from one pixel to the next that is an edge, where depth lies between surfaces
MOST_WAITING = 30  # views that wait for the first scale
LEAST_STEP, LEAST_TURN = 0.04, np.radians(4)  # of the median depth, and radians, between views with given poses


@dataclass(frozen=True, kw_only=True)
class Fused:
    """The mesh, how many views it is made of, and the centres of their cameras."""

    mesh: Mesh
    centres: Float[np.ndarray, "n 3"]
    T_world_first: Float[np.ndarray, "4 4"]  # of the first view

    def from_first_camera(self) -> "Fused":
        """The same in the frame of the first camera, which looks upright where a world's axes may lie anyhow."""
        T = np.linalg.inv(self.T_world_first)
        vertices, centres = (each @ T[:3, :3].T + T[:3, 3] for each in (self.mesh.vertices, self.centres))
        return Fused(mesh=replace(self.mesh, vertices=vertices), centres=centres, T_world_first=np.eye(4))


def fuse(
    source: str,
    *,
    model: str,
    settings: ModelSettings,
    out: Path,
    camera: str | None = None,
    poses: Path | None = None,
    voxel: float | None = None,
    is_cloud: bool = False,
    page: Path | None = None,
    every: int = 1,
    limit: int | None = None,
    fps: float = 30.0,
) -> Fused:
    """Fuses the depth of a video's keyframes and writes the surface to ``out`` (.ply or .glb), and ``page`` (.html).

    Poses are those of the odometry, or given ones (camera to world: TUM by time, matrices by frame), whose unit the
    result then has. ``voxel``: the side of a voxel in that unit.
    """
    check_suffix(out)
    sequence = open_sequence(source, camera=camera, fps=fps, every=every, limit=limit)
    builder = _Builder(sequence, voxel=voxel)
    with settings.load(model) as predictor:
        check_has_shape(predictor)
        if poses is None:
            estimate_path(sequence, predictor, every=every, limit=limit, on_keyframe=builder.add_keyframe)
        else:
            _fuse_known(sequence, predictor, pose_finder(poses), builder, every=every, limit=limit)
    fused = builder.fused()
    upright = fused.from_first_camera()
    write_mesh((upright if out.suffix.lower() == ".glb" else fused).mesh, out, is_cloud=is_cloud)
    if page is not None:
        write_page(upright.mesh, upright.centres, page, title=out.name)
    return fused


def pose_finder(path: Path) -> Callable[[TimedImage], Float[np.ndarray, "4 4"] | None]:
    """The given pose of an image: that of its time (TUM) or of its number; None where there is none."""
    given, by_time = read_trajectory(path), is_timed(path)
    keys = given.times if by_time else given.frames

    def find(taken: TimedImage) -> Float[np.ndarray, "4 4"] | None:
        away = np.abs(keys - (taken.time_s if by_time else taken.frame))
        return given.poses[away.argmin()] if away.min() <= (MAX_TIME_APART if by_time else 0) else None

    return find


def _fuse_known(
    sequence: ImageSequence,
    predictor: Predictor,
    pose_of: Callable,
    builder: "_Builder",
    *,
    every: int,
    limit: int | None,
) -> None:
    """Views that are far enough apart, each with the scale that its parallax to the one before says."""
    session, follower, last = predictor.start(sequence.camera), ScaleFollower(), None
    waiting: list[tuple[TimedImage, np.ndarray, np.ndarray]] = []
    images = sequence.images(every=every, limit=limit)
    for taken in counted(images, what="fusing, images", total=sequence.count):
        T = pose_of(taken)
        if T is None or (last is not None and not _is_apart(last, T, builder.middle)):
            continue
        last, depth = T, unscaled_depth(session(taken.image))
        scale = follower(MatchedView(taken.image, sequence.camera, depth=depth), T)
        if scale is None and not predictor.kind.is_metric:
            waiting = [*waiting[1 - MOST_WAITING :], (taken, depth, T)]  # until the first scale is known
            continue
        for image, its_depth, pose in [*waiting, (taken, depth, T)]:
            builder.add(image, its_depth * (scale or 1.0), pose)
        waiting.clear()
    if waiting:
        raise HondoError(
            "the given poses and the images do not fit: no point is seen from two of them with parallax; check that "
            "the poses are camera to world, of these frames",
            field="poses",
        )


def _is_apart(first: np.ndarray, second: np.ndarray, middle: float | None) -> bool:
    T = np.linalg.inv(first) @ second
    turn = np.arccos(np.clip((np.trace(T[:3, :3]) - 1) / 2, -1, 1))
    return bool(turn > LEAST_TURN or np.linalg.norm(T[:3, 3]) > LEAST_STEP * (middle or 0))


class _Builder:
    """Fills the volume; its voxels are chosen by the first view."""

    def __init__(self, sequence: ImageSequence, *, voxel: float | None) -> None:
        self._camera, self._voxel = sequence.camera, voxel
        self._volume: Volume | None = None
        self._poses: list[np.ndarray] = []
        self.middle: float | None = None  # median depth of the last view

    def add_keyframe(self, taken: TimedImage, depth: np.ndarray, keyframe: Keyframe) -> None:
        """A view of the odometry."""
        self.add(taken, depth * keyframe.scale, keyframe.T_world_camera)

    def add(self, taken: TimedImage, depth: np.ndarray, T_world_camera: np.ndarray) -> None:
        """A view whose depth is in the unit of its pose."""
        view = prepared_view(taken, depth, T_world_camera, self._camera)
        if not np.isfinite(view.depth).any():
            return
        self.middle = float(np.nanmedian(view.depth))
        if self._volume is None:
            self._volume = Volume(VOXEL_SHARE * self.middle if self._voxel is None else self._voxel)
        self._volume.add(view)
        self._poses.append(T_world_camera)

    def fused(self) -> Fused:
        """The surface of what was added."""
        if self._volume is None:
            raise HondoError("no image has a known depth and pose: nothing to fuse", field="poses")
        return Fused(mesh=mesh_of(self._volume), centres=np.stack(self._poses)[:, :3, 3], T_world_first=self._poses[0])


def prepared_view(taken: TimedImage, depth: np.ndarray, T_world_camera: np.ndarray, camera: Camera) -> View:
    """At the size that is fused; edges and what is far are not known."""
    height, width = depth.shape
    scale = min(1.0, (DEPTH_PIXELS / (height * width)) ** 0.5)
    size_hw = max(1, round(height * scale)), max(1, round(width * scale))
    small = cv2.resize(depth, size_hw[::-1], interpolation=cv2.INTER_NEAREST)
    image = cv2.resize(taken.image, size_hw[::-1], interpolation=cv2.INTER_AREA)
    known = np.where(np.isfinite(small) & (small > 0), small, np.nan)
    log = np.log(known)
    change = np.maximum(np.abs(np.diff(log, axis=0, append=np.nan)), np.abs(np.diff(log, axis=1, append=np.nan)))
    is_kept = (change < EDGE) & (known < FAR_SHARE * np.nanmedian(known)) if np.isfinite(known).any() else False
    return View(
        depth=np.where(is_kept, known, np.nan),
        image=image,
        camera=camera.resized(size_hw),
        T_world_camera=T_world_camera,
    )
