"""The path of the camera of a video or folder, as ``hondo odometry`` writes it."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from hondo.core.atomic import atomic_write, make_writable_folder
from hondo.core.errors import HondoError, warn
from hondo.core.predictor_protocol import Predictor, Session
from hondo.core.preparing.countdown import counted
from hondo.core.types import DepthKind
from hondo.engines.load import ModelSettings
from hondo.geometry.depth_units import unscaled_depth
from hondo.mapping.odometry.bundle import BundleConfig
from hondo.mapping.odometry.frames import ImageSequence, TimedImage, open_sequence
from hondo.mapping.odometry.odometer import DEFAULT, Image, Keyframe, MotionOf, Odometer, OdometryConfig
from hondo.mapping.odometry.pose_network import TWO_VIEW, motion_of
from hondo.mapping.trajectory.path_score import PathScore, check_truth, score_trajectory
from hondo.mapping.trajectory.plot import plot_trajectory
from hondo.mapping.trajectory.trajectory import Trajectory

LEAST_WAY = 0.01  # of the scene's depth: a camera that moves less stands still or turns
METRES, UP_TO_SCALE = "m", "up to one scale"
# A keyframe whose pose is final: its image, the model's depth (times ``scale`` in the unit of the poses).
OnKeyframe = Callable[[TimedImage, np.ndarray, Keyframe], None]


@dataclass(frozen=True, kw_only=True)
class CameraPath:
    """The trajectory, in metres or up to one scale, the frames that are keyframes, and those that were not seen."""

    trajectory: Trajectory
    unit: Literal["m", "up to one scale"]
    keyframes: tuple[int, ...]
    lost: tuple[int, ...]


def odometry_config(*, refine: bool) -> OdometryConfig:
    """The default, or one that keeps each pose as it was found first."""
    return DEFAULT if refine else OdometryConfig(trust_motion=True, bundle=BundleConfig(iterations=0))


def odometry(
    source: str,
    *,
    model: str,
    settings: ModelSettings,
    out: Path,
    camera: str | None = None,
    truth: Path | None = None,
    pose: str = TWO_VIEW,
    config: OdometryConfig = DEFAULT,
    every: int = 1,
    limit: int | None = None,
    fps: float = 30.0,
) -> tuple[CameraPath, PathScore | None]:
    """Estimates the path of a source's camera, scores it where ``truth`` is given, and writes both into ``out``."""
    make_writable_folder(out, field="out")
    sequence = open_sequence(source, camera=camera, fps=fps, every=every, limit=limit)
    if truth is not None:
        check_truth(truth)
    motion = motion_of(pose, model=model, settings=settings)
    with settings.load(model) as predictor:
        path = estimate_path(sequence, predictor, config=config, motion=motion, every=every, limit=limit)
    score = truth and score_trajectory(path.trajectory, truth, fit_scale=path.unit != METRES)
    write_path(path, out, score=score)
    return path, score


def estimate_path(
    sequence: ImageSequence,
    predictor: Predictor,
    *,
    config: OdometryConfig = DEFAULT,
    motion: MotionOf | None = None,
    every: int = 1,
    limit: int | None = None,
    on_keyframe: OnKeyframe | None = None,
) -> CameraPath:
    """Follows the camera through a sequence; lengths are in the unit of the model's depth.

    ``on_keyframe`` gets each keyframe when its pose is final. HondoError where the camera does not move.
    """
    check_has_shape(predictor)
    depth = _KeyframeDepth(predictor, predictor.start(sequence.camera), on_keyframe)
    odometer = Odometer(sequence.camera, depth, config=config, motion=motion, on_keyframe=depth.hand_on)
    times, frames = [], []
    images = sequence.images(every=every, limit=limit)
    for taken in counted(images, what="camera path, images", total=sequence.count):
        depth.see(taken)
        odometer.add(taken.image)
        times.append(taken.time_s)
        frames.append(taken.frame)
    if len(frames) < 2:
        raise HondoError(f"{len(frames)} image could be read; a camera's path needs two at least")
    trajectory = Trajectory(times=np.array(times), poses=odometer.finish(), frames=np.array(frames))
    _check_moved(trajectory, depth=float(np.median(odometer.depths)) if odometer.depths else 1.0)
    if odometer.lost:
        warn(
            f"{len(odometer.lost)} of {len(frames)} images could not be connected to those before (cuts, blur, "
            f"no texture), the first is frame {frames[odometer.lost[0]]}; the path goes on at the speed before each"
        )
    return CameraPath(
        trajectory=trajectory,
        unit=METRES if predictor.kind.is_metric else UP_TO_SCALE,
        keyframes=tuple(frames[index] for index in odometer.keyframes),
        lost=tuple(frames[index] for index in odometer.lost),
    )


def write_path(path: CameraPath, out: Path, *, score: PathScore | None = None) -> None:
    """trajectory.tum, trajectory.kitti, odometry.json and the figure."""
    path.trajectory.write_tum(out / "trajectory.tum")
    path.trajectory.write_kitti(out / "trajectory.kitti")
    told = {
        "frames": len(path.trajectory.times), "keyframes": path.keyframes, "lost": path.lost, "unit": path.unit,
        "length": path.trajectory.length, "score": None if score is None else [asdict(row) for row in score.rows()],
    }  # fmt: skip
    atomic_write(out / "odometry.json", json.dumps(told, indent=1).encode())
    plot_trajectory(path.trajectory, out, unit=path.unit, score=score)


def check_has_shape(predictor: Predictor) -> None:
    """Refuses relative inverse depth, whose unknown shift bends every scene."""
    if predictor.kind is DepthKind.RELATIVE_INVERSE_DEPTH:
        raise HondoError(
            f"{predictor.name} gives relative inverse depth: its shift is not known, so its scenes have no shape; "
            "choose a model of metric or scaled depth (hondo models)",
            field="model",
        )


def _check_moved(path: Trajectory, *, depth: float) -> None:
    centres = path.poses[:, :3, 3]
    way = float(np.linalg.norm(centres - centres[0], axis=1).max()) / depth
    if way < LEAST_WAY:
        turned = np.degrees(np.arccos(np.clip((np.trace(path.poses[0, :3, :3].T @ path.poses[:, :3, :3],
                                                        axis1=1, axis2=2) - 1) / 2, -1, 1))).max()  # fmt: skip
        raise HondoError(
            f"the camera stands still or only turns: it moves {way:.1%} of the distance to the scene (at least "
            f"{LEAST_WAY:.0%}) and turns {turned:.1f} degrees; give a video of a camera that moves"
        )


class _KeyframeDepth:
    """The model's depth of an image, kept until the keyframe's pose is final.

    Networks that look at earlier frames see every image; those of single images see keyframes alone.
    """

    def __init__(self, predictor: Predictor, session: Session, on_keyframe: OnKeyframe | None) -> None:
        self._session, self._sees_all, self._on_keyframe = session, predictor.num_previous > 0, on_keyframe
        self._now: TimedImage | None = None
        self._depth: np.ndarray | None = None
        self._kept: dict[int, tuple[TimedImage, np.ndarray]] = {}
        self._count = 0

    def see(self, taken: TimedImage) -> None:
        """The image that the odometer gets next."""
        self._now, self._count = taken, self._count + 1
        self._depth = unscaled_depth(self._session(taken.image)) if self._sees_all else None

    def __call__(self, image: Image) -> np.ndarray:
        depth = unscaled_depth(self._session(image)) if self._depth is None else self._depth
        if self._on_keyframe is not None:
            assert self._now is not None
            self._kept[self._count - 1] = replace(self._now), depth
        return depth

    def hand_on(self, keyframe: Keyframe) -> None:
        """Gives a final keyframe to who asked for it."""
        if self._on_keyframe is not None:
            taken, depth = self._kept.pop(keyframe.index)
            self._on_keyframe(taken, depth, keyframe)
