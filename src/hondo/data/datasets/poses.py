"""Camera poses from a text file: one camera-to-world matrix a line."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.text_file import read_text, split_words
from hondo.images.listing import name_numbers, visible_files

_ORTHONORMAL_TOLERANCE = 1e-2  # files round rotations to a few digits


def read_poses(path: str | Path) -> Float[np.ndarray, "n 4 4"]:
    """T_world_camera of frame 0, 1, ... in metres: lines of 16 or 12 numbers (row-major 4x4 or 3x4).

    A line may start with the frame's index (17 or 13 numbers); frames it leaves out get NaN. A folder holds one file
    for each frame (ScanNet's pose/0.txt), with the frame's number in its name.
    """
    path = Path(path)
    if path.is_dir():
        return _read_pose_folder(path)
    lines = [line for line in read_text(path).split("\n") if line.strip() and line.strip()[0] != "#"]
    if not lines:
        raise HondoError(f"{path}: no poses; give one row-major 4x4 or 3x4 camera-to-world matrix a line")
    rows = [_row(path, number, line) for number, line in enumerate(lines, start=1)]
    if len({row.size for row in rows}) != 1:
        raise HondoError(f"{path}: lines differ in how many numbers they have")
    has_index = rows[0].size in (13, 17)
    indices = [int(row[0]) for row in rows] if has_index else list(range(len(rows)))
    if min(indices) < 0 or len(set(indices)) != len(indices):
        raise HondoError(f"{path}: frame indices must be different numbers from 0 on")
    poses = np.full((max(indices) + 1, 4, 4), np.nan)
    for index, row in zip(indices, rows, strict=True):
        poses[index] = _matrix(path, index, row[1:] if has_index else row)
    return poses


def _read_pose_folder(folder: Path) -> Float[np.ndarray, "n 4 4"]:
    files = {name_numbers(path.stem)[-1]: path for path in visible_files(folder) if name_numbers(path.stem)}
    if not files:
        raise HondoError(f"{folder}: no poses; give a file of poses, or a folder with one numbered file for each frame")
    poses = np.full((max(files) + 1, 4, 4), np.nan)
    for index, path in files.items():
        poses[index] = read_pose_file(path)
    return poses


def read_pose_file(path: Path) -> Float[np.ndarray, "4 4"]:
    """T_world_camera in metres of the one frame that a file is of; NaN where its tracker was lost."""
    return _matrix(path, 0, _row(path, 1, " ".join(split_words(read_text(path)))))


def relative_pose(
    T_world_source: Float[np.ndarray, "4 4"], T_world_target: Float[np.ndarray, "4 4"]
) -> Float[Tensor, "4 4"] | None:
    """T_source_target = inverse(T_world_source) @ T_world_target; None where a pose is not known."""
    if not (np.isfinite(T_world_source).all() and np.isfinite(T_world_target).all()):
        return None
    return torch.from_numpy(np.linalg.inv(T_world_source) @ T_world_target).float()


def _row(path: Path, number: int, line: str) -> Float[np.ndarray, " n"]:
    try:
        row = np.array([float(word) for word in split_words(line)])
    except ValueError as error:
        raise HondoError(f"{path} line {number}: {error}; give numbers only") from error
    if row.size not in (12, 13, 16, 17):
        is_quaternion = row.size in (7, 8) and abs(np.linalg.norm(row[-4:]) - 1) < _ORTHONORMAL_TOLERANCE
        hint = (
            "; positions with quaternions (TUM, EuRoC) are not read: convert them to matrices" if is_quaternion else ""
        )
        raise HondoError(
            f"{path} line {number}: {row.size} numbers; a pose has 12 (3x4) or 16 (4x4), or an index before{hint}"
        )
    return row


def _matrix(path: Path, index: int, numbers: Float[np.ndarray, " n"]) -> Float[np.ndarray, "4 4"]:
    matrix = np.eye(4)
    matrix[: numbers.size // 4] = numbers.reshape(-1, 4)
    if not np.isfinite(matrix).all():
        return np.full((4, 4), np.nan)  # trackers write this where they were lost
    rotation = matrix[:3, :3]
    is_rigid = np.abs(rotation @ rotation.T - np.eye(3)).max() < _ORTHONORMAL_TOLERANCE and np.linalg.det(rotation) > 0
    if not is_rigid or not np.allclose(matrix[3], (0, 0, 0, 1)):
        raise HondoError(
            f"{path}: the pose of frame {index} is no rotation and translation; give camera-to-world matrices"
        )
    return matrix
