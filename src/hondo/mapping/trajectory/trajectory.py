"""A camera's path: times and poses; as files of TUM RGB-D and KITTI odometry, which evo and most programs read."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from hondo.core.atomic import atomic_write
from hondo.core.errors import HondoError
from hondo.core.text_file import read_text, split_words
from hondo.data.datasets.poses import read_poses

TUM_COLUMNS = 8  # time, position, quaternion


@dataclass(frozen=True, kw_only=True)
class Trajectory:
    """``T_world_camera`` at ``times`` [s]; ``frames``: the number of each image in its video or folder."""

    times: Float[np.ndarray, " n"]
    poses: Float[np.ndarray, "n 4 4"]
    frames: Int[np.ndarray, " n"]

    @property
    def length(self) -> float:
        """Of the way, in the unit of the poses."""
        return float(np.linalg.norm(np.diff(self.poses[:, :3, 3], axis=0), axis=1).sum())

    def write_tum(self, path: Path) -> Path:
        """Lines of time x y z qx qy qz qw (camera to world)."""
        rows = np.column_stack((self.times, self.poses[:, :3, 3], quaternions(self.poses[:, :3, :3])))
        lines = [" ".join((f"{row[0]:.6f}", *(f"{value:.9g}" for value in row[1:]))) for row in rows]
        return atomic_write(path, ("# time x y z qx qy qz qw\n" + "\n".join(lines) + "\n").encode())

    def write_kitti(self, path: Path) -> Path:
        """Lines of 12 numbers, the first three rows of each camera-to-world matrix."""
        lines = [" ".join(f"{value:.9g}" for value in row) for row in self.poses[:, :3].reshape(-1, 12)]
        return atomic_write(path, ("\n".join(lines) + "\n").encode())


def read_trajectory(path: Path) -> Trajectory:
    """A file of TUM lines, or of matrices as ``read_poses`` takes them, whose times are the frames' numbers.

    Frames without a pose are left out. HondoError for other formats, and for times that go back.
    """
    rows = [] if path.is_dir() else _rows(path)
    if rows and all(len(row) == TUM_COLUMNS for row in rows):
        numbers = np.array(rows)
        check_times(numbers[:, 0], where=str(path))
        poses = np.tile(np.eye(4), (len(rows), 1, 1))
        poses[:, :3, :3], poses[:, :3, 3] = rotations(numbers[:, 4:], where=str(path)), numbers[:, 1:4]
        return Trajectory(times=numbers[:, 0], poses=poses, frames=np.arange(len(rows)))
    if rows and len(rows[0]) not in (12, 13, 16, 17):
        raise HondoError(
            f"{path}: lines of {len(rows[0])} numbers are no known format of poses; give TUM (time x y z qx qy qz qw), "
            "KITTI (12 numbers) or 4x4 matrices (16 numbers, or with the frame's index in front)"
        )
    poses = read_poses(path)
    frames = np.flatnonzero(np.isfinite(poses).all((1, 2)))
    return Trajectory(times=frames.astype(float), poses=poses[frames], frames=frames)


def is_timed(path: Path) -> bool:
    """Whether a file of poses states times (TUM) rather than frames."""
    return not path.is_dir() and len(next(iter(_rows(path)), [])) == TUM_COLUMNS


def check_times(times: Float[np.ndarray, " n"], *, where: str) -> None:
    """Refuses times that go back or stand still."""
    back = np.flatnonzero(np.diff(times) <= 0)
    if len(back):
        at = int(back[0])
        raise HondoError(
            f"{where}: the times go back or repeat: {times[at + 1]:g} s after {times[at]:g} s (frame {at + 1}); "
            "sort the frames, or give a source with times in order"
        )


def quaternions(R: Float[np.ndarray, "n 3 3"]) -> Float[np.ndarray, "n 4"]:
    """Unit quaternions (x, y, z, w), w >= 0, of rotations; of the four forms the best conditioned (Shepperd 1978)."""
    trace = np.trace(R, axis1=1, axis2=2)
    diagonal = np.diagonal(R, axis1=1, axis2=2)
    squares = np.column_stack((1 + 2 * diagonal - trace[:, None], 1 + trace))  # 4 x^2, 4 y^2, 4 z^2, 4 w^2
    x, y, z = (R[:, 2, 1] - R[:, 1, 2], R[:, 0, 2] - R[:, 2, 0], R[:, 1, 0] - R[:, 0, 1])  # 4 w x, 4 w y, 4 w z
    xy, xz, yz = (R[:, a, b] + R[:, b, a] for a, b in ((0, 1), (0, 2), (1, 2)))
    forms = np.stack((
        np.column_stack((squares[:, 0], xy, xz, x)), np.column_stack((xy, squares[:, 1], yz, y)),
        np.column_stack((xz, yz, squares[:, 2], z)), np.column_stack((x, y, z, squares[:, 3])),
    ))  # fmt: skip
    best = forms[squares.argmax(1), np.arange(len(R))]
    best = best / np.linalg.norm(best, axis=1, keepdims=True)
    return np.where(best[:, 3:] < 0, -best, best)


def rotations(q: Float[np.ndarray, "n 4"], *, where: str) -> Float[np.ndarray, "n 3 3"]:
    """Rotations of quaternions (x, y, z, w)."""
    length = np.linalg.norm(q, axis=1, keepdims=True)
    if (np.abs(length - 1) > 0.05).any():
        raise HondoError(f"{where}: a quaternion has length {length[np.abs(length - 1).argmax(), 0]:g}, not 1")
    x, y, z, w = (q / length).T
    rows = (
        1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
        2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
        2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y),
    )  # fmt: skip
    return np.stack(rows, axis=-1).reshape(-1, 3, 3)


def _rows(path: Path) -> list[list[float]]:
    lines = [line for line in read_text(path).splitlines() if line.strip() and not line.lstrip().startswith("#")]
    try:
        return [[float(word) for word in split_words(line)] for line in lines]
    except ValueError as error:
        raise HondoError(f"{path}: {error}; a file of poses holds numbers only") from error
