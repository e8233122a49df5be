"""A walk through a rendered scene, its true focal length known."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from hondo.core.types import Camera
from hondo.images.pixels import tensor_to_rgb8
from hondo.synthetic.rendering.render import render
from hondo.synthetic.rendering.scene import Light, Scene, stack
from hondo.synthetic.rendering.textures import make_atlas
from hondo.synthetic.scenes import make_views
from hondo.synthetic.viewpoints import walk
from hondo.synthetic.worlds.registry import MIXTURE, make_world
from hondo.synthetic.worlds.scene_builder import rotation_from_angles

SIZE = (144, 192)
CAMERA = Camera.from_fov(70.0, size_hw=SIZE)


def rendered(*, count: int, seed: int = 1, speed: float = 1.0, shake: float = 0.02) -> list[np.ndarray]:
    """Images of a camera that walks (``speed`` times the usual) and shakes by so many radians."""
    rng = np.random.default_rng(seed)
    world = make_world(rng, make_atlas(), MIXTURE)
    scene = walk(world, rng, count)
    middle = scene.eyes[count // 2]
    angles = shake * rng.normal(size=(count, 3)).cumsum(0) * 0.5
    R = torch.tensor(rotation_from_angles(angles), dtype=torch.float32)
    moved = Scene(
        solids=scene.solids, light=scene.light, eyes=middle + speed * (scene.eyes - middle),
        R_world_camera=scene.R_world_camera[count // 2] @ R,
    )  # fmt: skip
    assert isinstance(moved.light, Light)
    frames = render(stack([moved]), make_views([moved], [CAMERA]), make_atlas())
    return [tensor_to_rgb8(image) for image in frames.image]


@pytest.fixture(scope="session")
def walked() -> list[np.ndarray]:
    return rendered(count=14)


@pytest.fixture(scope="session")
def turned() -> list[np.ndarray]:
    return rendered(count=8, seed=2, speed=0.0, shake=0.04)


def write(folder: Path, images: list[np.ndarray]) -> Path:
    """A folder of PNG files."""
    folder.mkdir(parents=True)
    for number, image in enumerate(images):
        cv2.imwrite(str(folder / f"{number:03d}.png"), image[..., ::-1])
    return folder
