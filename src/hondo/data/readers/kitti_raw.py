"""KITTI raw: annotated depth or the Velodyne's points, calibration of the day, poses from OXTS."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.data.layouts.path_template import partner_path
from hondo.data.readers.camera_decoders import check_kitti_day, kitti_rows
from hondo.data.readers.file_reader import FileReader, Item
from hondo.data.readers.oxts import pose_of_oxts, read_oxts
from hondo.data.readers.velodyne import project_points, read_points

OTHER = {"2": "3", "3": "2"}  # the left and the right colour camera


class KittiRaw(FileReader):
    """``depth``: annotated (the maps of the depth benchmark), velodyne (as the evaluators of the 697 images take it:
    the distance ahead of the scanner), velodyne-camera (the same points with their depth in the camera)."""

    depth_choices: ClassVar[tuple[str, ...]] = ("annotated", "velodyne", "velodyne-camera")

    def with_depth(self, items: tuple[Item, ...]) -> tuple[Item, ...]:
        if self.depth_choice == "annotated":
            return super().with_depth(items)
        paths = [self._drive(item) / f"velodyne_points/data/{item.fields['frame']}.bin" for item in items]
        return tuple(replace(item, depth=path if path.exists() else None) for item, path in zip(items, paths))

    def expected_depth(self, item: Item) -> str:
        if self.depth_choice == "annotated":
            return super().expected_depth(item)
        return f"{item.fields['date']}/{item.fields['drive']}/velodyne_points/data/{item.fields['frame']}.bin"

    def depth(self, item: Item, *, image_hw: Size, divide_by: float | None = None) -> Float[np.ndarray, "_ _"] | None:
        if self.depth_choice == "annotated" or item.depth is None:
            return super().depth(item, image_hw=image_hw, divide_by=divide_by)
        day = self.root / item.fields["date"]
        width, height = kitti_rows(day / "calib_cam_to_cam.txt")["S_rect_02"].astype(int).tolist()
        check_kitti_day(day / "calib_cam_to_cam.txt", (height, width), image_hw)
        forward = self.depth_choice == "velodyne"
        P = projection(day, item.fields["camera"])
        depth = project_points(read_points(item.depth), P, size_hw=(height, width), forward=forward)
        return np.where(depth > 0, depth, np.nan)

    def pose(self, item: Item) -> Float[np.ndarray, "4 4"] | None:
        """T_world_camera of the rectified camera; None where OXTS or a calibration file is missing."""
        day, path = self.root / item.fields["date"], self._drive(item) / f"oxts/data/{item.fields['frame']}.txt"
        if not path.exists() or not (day / "calib_imu_to_velo.txt").exists():
            return None
        latitude_0 = float(_first_record(path.parent)[0])
        T_world_imu = pose_of_oxts(read_oxts(path), latitude_0=latitude_0)
        T_camera_velodyne = camera_from_velodyne(day, item.fields["camera"])
        return T_world_imu @ np.linalg.inv(T_camera_velodyne @ rigid(day / "calib_imu_to_velo.txt"))

    def partner(self, item: Item) -> Path | None:
        return other_camera(self, item)

    def partner_pose(self, item: Item, *, image_hw: Size) -> Float[Tensor, "4 4"] | None:
        day, camera = self.root / item.fields["date"], item.fields["camera"]
        here, there = (camera_from_velodyne(day, each) for each in (camera, OTHER[camera]))
        return torch.from_numpy(there @ np.linalg.inv(here)).float()

    def _drive(self, item: Item) -> Path:
        return self.root / item.fields["date"] / item.fields["drive"]


def other_camera(reader: FileReader, item: Item) -> Path | None:
    """The image of the other colour camera."""
    return partner_path(reader.root, reader.layout.images, {**item.fields, "camera": OTHER[item.fields["camera"]]})


@lru_cache(maxsize=64)
def projection(day: Path, camera: str) -> Float[np.ndarray, "3 4"]:
    """P_rect x R_rect x T: points of the Velodyne to pixels of a rectified camera."""
    cameras = _rows(day / "calib_cam_to_cam.txt")
    R = np.eye(4)
    R[:3, :3] = _named(cameras, "R_rect_00", day).reshape(3, 3)
    return _named(cameras, f"P_rect_0{camera}", day).reshape(3, 4) @ R @ rigid(day / "calib_velo_to_cam.txt")


@lru_cache(maxsize=64)
def camera_from_velodyne(day: Path, camera: str) -> Float[np.ndarray, "4 4"]:
    """T_camera_velodyne of a rectified camera: its offset to camera 0 stands in its projection."""
    cameras = _rows(day / "calib_cam_to_cam.txt")
    P = _named(cameras, f"P_rect_0{camera}", day).reshape(3, 4)
    R, offset = np.eye(4), np.eye(4)
    R[:3, :3] = _named(cameras, "R_rect_00", day).reshape(3, 3)
    offset[:3, 3] = np.linalg.inv(P[:, :3]) @ P[:, 3]
    return offset @ R @ rigid(day / "calib_velo_to_cam.txt")


@lru_cache(maxsize=64)
def rigid(path: Path) -> Float[np.ndarray, "4 4"]:
    """The transform of a file with the rows R and T."""
    rows = _rows(path)
    transform = np.eye(4)
    transform[:3, :3] = _named(rows, "R", path).reshape(3, 3)
    transform[:3, 3] = _named(rows, "T", path)
    return transform


@lru_cache(maxsize=64)
def _rows(path: Path) -> dict[str, Float[np.ndarray, " _"]]:
    return kitti_rows(path)


@lru_cache(maxsize=64)
def _first_record(folder: Path) -> Float[np.ndarray, " 6"]:
    return read_oxts(min(path for path in folder.iterdir() if path.name[0] != "."))


def _named(rows: dict[str, Float[np.ndarray, " _"]], name: str, where: Path) -> Float[np.ndarray, " _"]:
    if name not in rows:
        raise HondoError(f"{where}: the calibration has no row {name}; download the calibration of this day again")
    return rows[name]
