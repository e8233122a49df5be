"""Poses of KITTI raw from its GPS and inertial unit (OXTS), by the Mercator projection of the development kit."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from hondo.core.errors import HondoError
from hondo.core.text_file import read_text

EARTH_RADIUS_M = 6378137.0


def read_oxts(path: Path) -> Float[np.ndarray, " 6"]:
    """Latitude, longitude [degrees], altitude [m], roll, pitch, yaw [radians] of one frame."""
    words = read_text(path).split()
    try:
        return np.array([float(word) for word in words[:6]]).reshape(6)
    except ValueError as error:
        raise HondoError(f"{path} is no OXTS record of KITTI (30 numbers): {error}; copy it again") from error


def pose_of_oxts(record: Float[np.ndarray, " 6"], *, latitude_0: float) -> Float[np.ndarray, "4 4"]:
    """T_world_imu [m]: x east, y north, z up; all frames of a drive share the scale at ``latitude_0`` [degrees]."""
    latitude, longitude, altitude, roll, pitch, yaw = record.tolist()
    scale = np.cos(np.radians(latitude_0)) * EARTH_RADIUS_M
    pose = np.eye(4)
    pose[:3, 3] = (
        scale * np.radians(longitude),
        scale * np.log(np.tan(np.radians(90 + latitude) / 2)),
        altitude,
    )
    pose[:3, :3] = _about(2, yaw) @ _about(1, pitch) @ _about(0, roll)
    return pose


def _about(axis: int, angle: float) -> Float[np.ndarray, "3 3"]:
    """The right-handed rotation about x, y or z."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    rotation = np.eye(3)
    rotation[first, first] = rotation[second, second] = np.cos(angle)
    rotation[second, first] = np.sin(angle)
    rotation[first, second] = -np.sin(angle)
    return rotation
