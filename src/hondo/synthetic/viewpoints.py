"""Where the camera stands: single viewpoints, smooth walks through a scene, stereo pairs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.synthetic.rendering.scene import Light, Scene, Solids
from hondo.synthetic.worlds.scene_builder import rotation_from_angles


@dataclass(frozen=True, kw_only=True)
class Eye:
    """A camera pose: metres, height above the ground, radians (pitch > 0 looks up), and metres a frame it moves."""

    x: float
    z: float
    height: float
    yaw: float
    pitch: float
    roll: float
    speed: float


@dataclass(frozen=True, kw_only=True)
class World:
    """A finished scene and a way to draw viewpoints in it."""

    solids: Solids
    light: Light
    eye: Callable[[np.random.Generator], Eye]
    clearance: float = 0.15  # metres that a viewpoint keeps from every solid


def scattered(world: World, rng: np.random.Generator, count: int) -> Scene:
    """Independent viewpoints: the most variety a scene can give."""
    return _scene(world, np.array([_numbers(_clear_eye(world, rng)) for _ in range(count)]))


def walk(world: World, rng: np.random.Generator, count: int, *, baseline: float = 0.0) -> Scene:
    """A smooth hand-held or driven path; with a ``baseline`` [m] every pose is followed by that of a right camera."""
    eye = _clear_eye(world, rng)
    heading = eye.yaw + rng.choice([0.0, 0.0, np.pi / 2, -np.pi / 2]) + rng.normal(0, 0.3)
    velocity = np.array([np.sin(heading), rng.normal(0, 0.1), np.cos(heading)]) * eye.speed * rng.uniform(0.5, 1.5)
    turn = rng.normal(0, [0.008, 0.004, 0.003])
    step = np.concatenate((velocity[[0, 2, 1]], turn))
    shake = rng.normal(0, 1, (count, 6)).cumsum(0) * np.array([*[0.05 * eye.speed] * 3, 0.002, 0.002, 0.001])
    states = _numbers(eye) + (np.arange(count) - (count - 1) / 2)[:, None] * step + shake
    if baseline:
        right = rotation_from_angles(states[:, 3:])[:, :, 0]
        moved = states.copy()
        moved[:, :3] += baseline * right[:, [0, 2, 1]] * np.array([1, 1, -1])
        states = np.stack((states, moved), axis=1).reshape(-1, 6)
    return _scene(world, states)


def loop(world: World, rng: np.random.Generator, count: int, *, radius: float = 0.9, tries: int = 100) -> Scene:
    """A closed path: an uneven circle of up to ``radius`` metres, walked once; it ends where it began.

    Of ``tries`` circles, from the widest to a third of it, the first that keeps out of the solids, or nearly.
    """
    angle = np.linspace(0, 2 * np.pi, count)
    widths = np.linspace(radius, radius / 3, tries)
    paths = [_circle(_clear_eye(world, rng), rng, angle, radius=width) for width in widths]
    return _scene(world, min(paths, key=lambda states: _blocked(world, states)))


def _circle(
    eye: Eye, rng: np.random.Generator, angle: Float[np.ndarray, " n"], *, radius: float
) -> Float[np.ndarray, "n 6"]:
    """Viewpoints on a circle whose radius, height and angles swing a little, looking along it and inwards."""
    waves = (rng.normal(0, 0.4, (5, 3, 1)) * np.sin(np.outer([1, 2, 3], angle))).sum(1)  # (5 n)
    away = radius * (1 + 0.15 * waves[0])
    x, z = eye.x + away * np.sin(angle), eye.z + away * np.cos(angle)
    yaw, height = angle + np.pi / 2 + 0.5 + 0.15 * waves[1], 1.2 + 0.1 * waves[2]
    return np.stack((x, z, height, yaw, -0.1 + 0.06 * waves[3], 0.04 * waves[4]), axis=1)


def _blocked(world: World, states: Float[np.ndarray, "n 6"]) -> int:
    """How many of some viewpoints of a path stand in a solid."""
    points = torch.tensor(np.stack((states[:, 0], -states[:, 2], states[:, 1]), axis=1), dtype=torch.float32)
    some = points[:: max(1, len(points) // 24)]
    return sum(int(_inside(world.solids, point, margin=world.clearance).any()) for point in some)


def _numbers(eye: Eye) -> Float[np.ndarray, " 6"]:
    return np.array([eye.x, eye.z, eye.height, eye.yaw, eye.pitch, eye.roll], dtype=float)


def _scene(world: World, states: Float[np.ndarray, "n 6"]) -> Scene:
    eyes = torch.tensor(np.stack((states[:, 0], -states[:, 2], states[:, 1]), axis=1), dtype=torch.float32)
    R = torch.tensor(rotation_from_angles(states[:, 3:]), dtype=torch.float32)
    return Scene(solids=world.solids, light=world.light, eyes=eyes, R_world_camera=R)


def _clear_eye(world: World, rng: np.random.Generator, *, tries: int = 20) -> Eye:
    """A viewpoint that stands in no solid; after so many tries whatever came last."""
    for _ in range(tries):
        eye = world.eye(rng)
        if not _inside(world.solids, _point(eye), margin=world.clearance).any():
            break
    return eye


def _point(eye: Eye) -> Float[Tensor, " 3"]:
    return torch.tensor([eye.x, -eye.height, eye.z], dtype=torch.float32)


def _inside(solids: Solids, point: Float[Tensor, " 3"], *, margin: float) -> Bool[Tensor, " n"]:
    local = ((point - solids.centre)[:, :, None] * solids.R_world_solid).sum(1)
    return (local.abs() < solids.half + margin).all(1)
