"""KITTI odometry: poses of a sequence moved to the image's camera, depth from the Velodyne's points."""

from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.data.datasets.poses import read_poses
from hondo.data.readers.camera_decoders import kitti_rows
from hondo.data.readers.file_reader import FileReader, Item
from hondo.data.readers.kitti_raw import OTHER, other_camera
from hondo.data.readers.velodyne import project_points, read_points


class KittiOdometry(FileReader):
    """``depth``: velodyne-camera (the points' depth in the camera) or velodyne (ahead of the scanner)."""

    depth_choices: ClassVar[tuple[str, ...]] = ("velodyne-camera", "velodyne")

    def depth(self, item: Item, *, image_hw: Size, divide_by: float | None = None) -> Float[np.ndarray, "_ _"] | None:
        if item.depth is None:
            return None
        rows = calibration_rows(self._folder(item) / "calib.txt")
        T_camera_velodyne = np.vstack([_row(rows, "Tr", self._folder(item)).reshape(3, 4), (0, 0, 0, 1)])
        P = _row(rows, f"P{item.fields['camera']}", self._folder(item)).reshape(3, 4) @ T_camera_velodyne
        forward = self.depth_choice == "velodyne"
        depth = project_points(read_points(item.depth), P, size_hw=image_hw, forward=forward)
        return np.where(depth > 0, depth, np.nan)

    def pose(self, item: Item) -> Float[np.ndarray, "4 4"] | None:
        """T_world_camera; sequences 11 to 21 have none."""
        path = self.root / f"poses/{item.fields['sequence']}.txt"
        if not path.exists():
            return None
        poses, frame = sequence_poses(path), int(item.fields["frame"])
        if frame >= len(poses):
            raise HondoError(f"{path} holds {len(poses)} poses, but there is a frame {frame}")
        return poses[frame] @ np.linalg.inv(self._from_grey(item, item.fields["camera"]))

    def partner(self, item: Item) -> Path | None:
        return other_camera(self, item)

    def partner_pose(self, item: Item, *, image_hw: Size) -> Float[Tensor, "4 4"] | None:
        camera = item.fields["camera"]
        here, there = (self._from_grey(item, each) for each in (camera, OTHER[camera]))
        return torch.from_numpy(there @ np.linalg.inv(here)).float()

    def _from_grey(self, item: Item, camera: str) -> Float[np.ndarray, "4 4"]:
        """T_camera_grey: a rectified camera's offset to the left grey one stands in its projection."""
        rows = calibration_rows(self._folder(item) / "calib.txt")
        P = _row(rows, f"P{camera}", self._folder(item)).reshape(3, 4)
        offset = np.eye(4)
        offset[:3, 3] = np.linalg.inv(P[:, :3]) @ P[:, 3]
        return offset

    def _folder(self, item: Item) -> Path:
        return self.root / "sequences" / item.fields["sequence"]


@lru_cache(maxsize=32)
def calibration_rows(path: Path) -> dict[str, Float[np.ndarray, " _"]]:
    """The rows of a sequence's calib.txt."""
    return kitti_rows(path)


@lru_cache(maxsize=32)
def sequence_poses(path: Path) -> Float[np.ndarray, "n 4 4"]:
    """T_world_camera of the left grey camera, frame by frame."""
    return read_poses(path)


def _row(rows: dict[str, Float[np.ndarray, " _"]], name: str, folder: Path) -> Float[np.ndarray, " 12"]:
    if name not in rows:
        raise HondoError(f"{folder}/calib.txt has no row {name}; take the calibration files with the Velodyne's (Tr)")
    return rows[name]
