"""How far a path is from the true one, by evo: absolute and relative errors, and those over segments as in KITTI."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError, MissingExtraError
from hondo.core.report import Row
from hondo.mapping.trajectory.trajectory import Trajectory, is_timed, read_trajectory

KITTI_LENGTHS = (100, 200, 300, 400, 500, 600, 700, 800)  # metres (Geiger et al. 2012, section 3)
SHARES = (0.2, 0.4, 0.6, 0.8)  # of a path that is too short for those
MAX_TIME_APART = 0.02  # seconds between a pose and its true one
SEGMENT_TOLERANCE = 0.1  # of a segment's length by which one may be longer or shorter
LEAST_POSES = 3


@dataclass(frozen=True, kw_only=True)
class PathScore:
    """Metres and degrees after alignment; ``scale``: true over estimated lengths, 1 where it was not fitted."""

    ate: float  # root mean square of the distances to the true positions
    rpe: float  # the same of the errors from one pose to the next
    rpe_deg: float
    drift: float  # mean error over segments, as a share of their length
    drift_deg: float  # degrees for each metre of them
    segments: tuple[float, ...]  # their lengths
    length: float  # of the true path
    scale: float
    aligned: Trajectory
    truth: Trajectory

    def rows(self, subject: str = "") -> tuple[Row, ...]:
        """For a report."""
        values = (
            ("ATE", self.ate, "m"), ("RPE", self.rpe, "m"), ("RPE rotation", self.rpe_deg, "deg"),
            ("drift", 100 * self.drift, "%"), ("drift rotation", self.drift_deg, "deg/m"),
        )  # fmt: skip
        errors = [
            Row(name=name, value=value, unit=unit, better="lower", subject=subject) for name, value, unit in values
        ]
        return (*errors, Row(name="length", value=self.length, unit="m", subject=subject),
                Row(name="scale", value=self.scale, subject=subject))  # fmt: skip


def check_truth(truth: Path) -> None:
    """Refuses a file of no known format, and a missing evo, before anything takes long."""
    if find_spec("evo") is None:
        raise MissingExtraError("evo", extra="mapping")
    read_trajectory(truth)


def score_trajectory(estimated: Trajectory, truth: Path, *, fit_scale: bool) -> PathScore:
    """Scores a path against a file of true poses: TUM by time, matrices by frame number.

    Both are aligned by the least squares of Umeyama 1991, with one scale where ``fit_scale``.
    """
    check_truth(truth)
    from evo.core.trajectory import PoseTrajectory3D

    estimated, true = paired(estimated, read_trajectory(truth), by_time=is_timed(truth), where=str(truth))
    reference, found = (
        PoseTrajectory3D(poses_se3=list(_orthonormal(each.poses)), timestamps=estimated.times)
        for each in (true, estimated)
    )
    length = float(reference.path_length)
    scale = float(found.align(reference, correct_scale=fit_scale)[2])
    lengths = tuple(each for each in KITTI_LENGTHS if each < length) or tuple(share * length for share in SHARES)
    segments = [
        (_errors(reference, found, "translation_part", metres=each).mean() / each,
         _errors(reference, found, "rotation_angle_deg", metres=each).mean() / each) for each in lengths
    ]  # fmt: skip
    drift, drift_deg = np.mean(segments, axis=0)
    return PathScore(
        ate=_rms(np.linalg.norm(found.positions_xyz - reference.positions_xyz, axis=1)),
        rpe=_rms(_errors(reference, found, "translation_part")),
        rpe_deg=_rms(_errors(reference, found, "rotation_angle_deg")),
        drift=float(drift), drift_deg=float(drift_deg), segments=lengths, length=length, scale=scale,
        aligned=Trajectory(times=estimated.times, poses=np.stack(found.poses_se3), frames=estimated.frames),
        truth=Trajectory(times=estimated.times, poses=true.poses, frames=true.frames),
    )  # fmt: skip


def paired(estimated: Trajectory, true: Trajectory, *, by_time: bool, where: str) -> tuple[Trajectory, Trajectory]:
    """The poses that both have, in order: of nearest times, or of the same frame."""
    here, there = (estimated.times, true.times) if by_time else (estimated.frames, true.frames)
    nearest = np.abs(there[None] - here[:, None]).argmin(1) if len(there) else np.zeros(len(here), int)
    is_near = np.abs(there[nearest] - here) <= (MAX_TIME_APART if by_time else 0)
    if is_near.sum() < LEAST_POSES:
        what = "times within 20 ms" if by_time else "frame numbers"
        raise HondoError(
            f"{where}: {is_near.sum()} of its {len(there)} poses share {what} with the {len(here)} estimated ones, "
            f"which run from {here[0]:g} to {here[-1]:g}; give the true poses of this source"
        )
    return _only(estimated, np.flatnonzero(is_near)), _only(true, nearest[is_near])


def _orthonormal(poses: Float[np.ndarray, "n 4 4"]) -> Float[np.ndarray, "n 4 4"]:
    """With the nearest rotations: files round them, and evo refuses what is none to 1e-6."""
    U, _, Vt = np.linalg.svd(poses[:, :3, :3])
    exact = poses.copy()
    exact[:, :3, :3] = U @ Vt
    return exact


def _only(path: Trajectory, chosen: np.ndarray) -> Trajectory:
    return Trajectory(times=path.times[chosen], poses=path.poses[chosen], frames=path.frames[chosen])


def _errors(reference, found, relation: str, *, metres: float | None = None) -> np.ndarray:
    """Of relative motions: from each pose to the next, or over all segments of a length."""
    from evo.core.metrics import RPE, PoseRelation, Unit

    delta = {"delta": 1, "delta_unit": Unit.frames}
    if metres is not None:
        step = np.linalg.norm(np.diff(reference.positions_xyz, axis=0), axis=1).max()
        tolerance = max(SEGMENT_TOLERANCE, step / metres)
        delta = {"delta": metres, "delta_unit": Unit.meters, "all_pairs": True, "rel_delta_tol": tolerance}
    metric = RPE(PoseRelation[relation], pairs_from_reference=True, **delta)
    metric.process_data((reference, found))
    return np.asarray(metric.error)


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt((values**2).mean()))
