"""Images of the inside of a textured box with exact depth and poses, in a millisecond each."""

from pathlib import Path

import cv2
import numpy as np

from hondo.core.types import Camera
from hondo.images.read import write_image

CAMERA = Camera(fx=180, fy=180, cx=128, cy=96, size_hw=(192, 256))
HALF = np.array([1.6, 1.1, 2.0])  # metres from the middle to the walls


def texture(seed: int = 0, size: int = 512) -> np.ndarray:
    """Blobs of several sizes."""
    random = np.random.default_rng(seed)
    layers = [cv2.resize(random.random((side, side, 3)).astype(np.float32), (size, size)) for side in (16, 48, 128)]
    return (255 * (0.3 * layers[0] + 0.4 * layers[1] + 0.3 * layers[2])).astype(np.uint8)


def view(T_world_camera: np.ndarray, walls: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The image (h w 3) and the depth along z [m] of a camera inside the box."""
    height, width = CAMERA.size_hw
    x, y = (np.arange(width) + 0.5 - CAMERA.cx) / CAMERA.fx, (np.arange(height) + 0.5 - CAMERA.cy) / CAMERA.fy
    rays = np.stack((*np.meshgrid(x, y), np.ones((height, width))), axis=-1) @ T_world_camera[:3, :3].T
    centre = T_world_camera[:3, 3]
    with np.errstate(divide="ignore", invalid="ignore"):
        ways = np.where(rays > 0, (HALF - centre) / rays, (-HALF - centre) / rays)  # h w 3
    axis, depth = ways.argmin(-1), ways.min(-1)
    points = centre + rays * depth[..., None]
    image = np.zeros((height, width, 3), np.uint8)
    for wall in range(3):
        for side in (0, 1):
            chosen = (axis == wall) & ((np.take_along_axis(rays, axis[..., None], -1)[..., 0] > 0) == side)
            u, v = (((points[..., each] + 2.5) * 100).astype(np.float32) for each in range(3) if each != wall)
            image[chosen] = cv2.remap(walls[2 * wall + side], u, v, cv2.INTER_LINEAR)[chosen]
    return image, depth.astype(np.float32)


def circle(count: int, *, radius: float = 0.5, turn: float = 2 * np.pi) -> np.ndarray:
    """T_world_camera on a circle, looking inwards and ahead."""
    poses = np.tile(np.eye(4), (count, 1, 1))
    for pose, angle in zip(poses, np.linspace(0, turn, count), strict=True):
        pose[:3, :3] = cv2.Rodrigues(np.array([0.0, angle + np.pi / 2 + 0.7, 0.0]))[0]
        pose[:3, 3] = radius * np.sin(angle), 0.1 * np.sin(2 * angle), radius * np.cos(angle)
    return poses


def walk(poses: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Images and depths along a path."""
    walls = [texture(seed) for seed in range(6)]
    images, depths = zip(*(view(T, walls) for T in poses), strict=True)
    return list(images), list(depths)


def write_walk(folder: Path, poses: np.ndarray) -> Path:
    """A folder with images/, intrinsics and poses.txt."""
    images, _ = walk(poses)
    for number, image in enumerate(images):
        write_image(folder / "images" / f"{number:04d}.png", image)
    (folder / "K.txt").write_text(f"{CAMERA.fx} 0 {CAMERA.cx}\n0 {CAMERA.fy} {CAMERA.cy}\n0 0 1\n")
    np.savetxt(folder / "poses.txt", poses.reshape(-1, 16))
    return folder
