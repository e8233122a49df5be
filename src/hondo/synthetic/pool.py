"""A store of rendered images on disk: made once, read many times. Shard n is a function of (seed, n) alone."""

from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Float16, Shaped, UInt8

from hondo.core.atomic import atomic_path
from hondo.core.integrity.parent_watch import end_with_parent
from hondo.core.types import Camera, Size
from hondo.synthetic.rendering.render import render
from hondo.synthetic.rendering.scene import stack
from hondo.synthetic.rendering.textures import make_atlas
from hondo.synthetic.scenes import make_views
from hondo.synthetic.viewpoints import scattered
from hondo.synthetic.worlds.registry import MIXTURE, make_world

STREETS = {"street": 8.0, "open-ground": 1.0}


@dataclass(frozen=True, kw_only=True)
class Layout:
    """An image size, the worlds drawn at it, and the horizontal field of view in degrees."""

    size_hw: Size
    worlds: dict[str, float]
    fov_deg: tuple[float, float]


# Shard n has layout n % len(LAYOUTS): most images 4:3, a quarter as wide as a car's, some upright.
LAYOUTS = (
    Layout(size_hw=(240, 320), worlds=MIXTURE, fov_deg=(45, 85)),
    Layout(size_hw=(192, 576), worlds=STREETS, fov_deg=(60, 100)),
    Layout(size_hw=(240, 320), worlds=MIXTURE, fov_deg=(40, 95)),
    Layout(size_hw=(240, 320), worlds={"room": 4, "close-up": 2, "corridor": 0.5}, fov_deg=(45, 75)),
    Layout(size_hw=(240, 320), worlds=MIXTURE, fov_deg=(45, 85)),
    Layout(size_hw=(192, 576), worlds=STREETS, fov_deg=(60, 100)),
    Layout(size_hw=(320, 240), worlds=MIXTURE, fov_deg=(40, 65)),
    Layout(size_hw=(240, 320), worlds={"room": 4, "close-up": 2, "corridor": 0.5}, fov_deg=(45, 75)),
)


def render_pool(folder: Path, *, shards: int, seed: int = 0, scenes: int = 12, views: int = 4, workers: int = 2) -> int:
    """Renders the shards that are missing, in ``workers`` processes of one thread each; returns how many were made."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [n for n in range(shards) if not depth_file(folder, n).exists()]
    if not missing:
        return 0
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin_worker) as pool:
        jobs = [pool.submit(render_shard, folder, n, seed=seed, scenes=scenes, views=views) for n in missing]
        for job in as_completed(jobs):
            job.result()
    return len(missing)


def _begin_worker() -> None:
    end_with_parent()
    torch.set_num_threads(1)


def render_shard(folder: Path, number: int, *, seed: int, scenes: int, views: int, device: str = "cpu") -> None:
    """Writes uint8 images (n h w 3) and float16 depth in metres (n h w; inf: sky) of one shard."""
    layout, atlas = LAYOUTS[number % len(LAYOUTS)], make_atlas().to(device)
    images, depths = [], []
    for index in range(scenes):
        rng = np.random.default_rng([seed, number, index])
        scene = scattered(make_world(rng, make_atlas(), layout.worlds), rng, views)
        camera = Camera.from_fov(float(rng.uniform(*layout.fov_deg)), size_hw=layout.size_hw)
        frames = render(stack([scene]).to(device), make_views([scene], [camera]).to(device), atlas)
        keep = _worth_keeping(frames.depth)
        images.append((frames.image[keep] * 255 + 0.5).to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy())
        depths.append(frames.depth[keep, 0].cpu().numpy().astype(np.float16))
    _write(image_file(folder, number), np.concatenate(images))
    _write(depth_file(folder, number), np.concatenate(depths))


def _worth_keeping(depth: Float[torch.Tensor, "b ..."]) -> Bool[torch.Tensor, " b"]:
    """Nothing right before the lens: 95 % are farther than 0.45 m, and depth varies by more than 15 %."""
    flat = depth.flatten(1)
    log = flat.clamp(0.05, 300).log()
    return (flat.kthvalue(flat.shape[1] // 20, dim=1).values > 0.45) & (log.std(1) > 0.15)


def image_file(folder: Path, number: int) -> Path:
    """The file of a shard's images."""
    return folder / f"{number:05d}.image.npy"


def depth_file(folder: Path, number: int) -> Path:
    """The file of a shard's depth maps."""
    return folder / f"{number:05d}.depth.npy"


def _write(path: Path, array: Shaped[np.ndarray, "..."]) -> None:
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.save(file, array)


class Pool:
    """Reads a pool: every image by (shard, place); files are mapped, not loaded."""

    def __init__(self, folder: Path, *, shards: int) -> None:
        self._images = [np.load(image_file(folder, n), mmap_mode="r") for n in range(shards)]
        self._depths = [np.load(depth_file(folder, n), mmap_mode="r") for n in range(shards)]
        self.places = [(s, i) for s, images in enumerate(self._images) for i in range(len(images))]
        self.sizes: list[Size] = [images.shape[1:3] for images in self._images]

    def __len__(self) -> int:
        return len(self.places)

    def read(self, shard: int, place: int) -> tuple[UInt8[np.ndarray, "h w 3"], Float16[np.ndarray, "h w"]]:
        """Image uint8 (h w 3) and depth float16 (h w) in metres, inf where sky."""
        return self._images[shard][place], self._depths[shard][place]
