"""Training batches from a store of rendered images, which is rendered first where it is missing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8

from hondo.core.errors import HondoError
from hondo.core.sample import Batch
from hondo.core.types import Size
from hondo.data.augment.augment import random_look
from hondo.data.augment.augment_config import AugmentConfig
from hondo.data.loading.batches import read_ahead
from hondo.synthetic.pool import Pool, render_pool


class PooledBatches:
    """An endless, resumable stream. Batch i is a function of (pool, seed, i): windows of random images of one layout,
    scaled to about ``area`` pixels, their looks changed by ``look``.

    Sky, and what is farther than the sky, gets a depth beyond the scene, so that every pixel has a target.
    """

    def __init__(
        self,
        *,
        root: str | Path,
        shards: int,
        pool_seed: int = 0,
        area: int = 192 * 256,
        seed: int = 0,
        look: AugmentConfig | None = None,
        workers: int = 2,
        batch_size: int = 8,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        render_pool(Path(root), shards=shards, seed=pool_seed, workers=workers)
        self.pool = Pool(Path(root), shards=shards)
        self.area, self.seed, self.look, self.workers = area, seed, look, workers
        self.batch_size, self.rank, self.world_size = batch_size, rank, world_size
        self.position = 0  # batches handed out so far
        groups: dict[Size, list[int]] = {}
        for index, (shard, _) in enumerate(self.pool.places):
            groups.setdefault(self.pool.sizes[shard], []).append(index)
        self._groups = list(groups.items())

    def __iter__(self) -> Iterator[Batch]:
        for batch in read_ahead(self.batch, start=self.position, workers=self.workers):
            self.position += 1
            yield batch

    def batch(self, number: int) -> Batch:
        """Batch ``number`` of the endless stream."""
        rng = np.random.default_rng([self.seed, number, self.rank])
        sizes = np.array([len(group) for _, group in self._groups])
        stored_hw, group = self._groups[int(rng.choice(len(sizes), p=sizes / sizes.sum()))]
        size_hw = network_size(stored_hw, self.area)
        images = np.empty((self.batch_size, *size_hw, 3), np.uint8)
        depths = np.empty((self.batch_size, *size_hw), np.float32)
        for slot, pick in enumerate(rng.choice(group, self.batch_size)):
            images[slot], depths[slot] = _window(*self.pool.read(*self.pool.places[pick]), size_hw, rng)
        image = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous().to(torch.float32).mul_(1 / 255)
        depth = torch.from_numpy(depths)[:, None]
        batch = Batch(image=image, depth_gt=depth, valid=torch.ones_like(depth, dtype=torch.bool))
        if self.look is None:
            return batch
        return random_look(batch, torch.Generator().manual_seed(int(rng.integers(2**62))), config=self.look)

    def state_dict(self) -> dict[str, Any]:
        """The state after the batch last handed out."""
        return {"position": self.position} | self._identity()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continues after a stored state; other data or options are refused."""
        for name, value in self._identity().items():
            if state[name] != value:
                raise HondoError(f"cannot resume: the run had {name} {state[name]}, now it is {value}")
        self.position = state["position"]

    def _identity(self) -> dict[str, Any]:
        return {"seed": self.seed, "batch_size": self.batch_size, "pictures": len(self.pool), "area": self.area}


def network_size(stored_hw: Size, area: int) -> Size:
    """The size of about ``area`` pixels with the stored aspect, in multiples of 32."""
    scale = (area / (stored_hw[0] * stored_hw[1])) ** 0.5
    return round(stored_hw[0] * scale / 32) * 32, round(stored_hw[1] * scale / 32) * 32


def _window(
    image: UInt8[np.ndarray, "H W 3"], depth: Float[np.ndarray, "H W"], size_hw: Size, rng: np.random.Generator
) -> tuple[UInt8[np.ndarray, "h w 3"], Float[np.ndarray, "h w"]]:
    """A random window of the target's aspect, scaled to the target's size, mirrored half of the time."""
    height, width = depth.shape
    largest = min(height / size_hw[0], width / size_hw[1])
    rows = int(size_hw[0] * largest * rng.uniform(0.7, 1))
    columns = min(width, round(rows * size_hw[1] / size_hw[0]))
    top, left = int(rng.integers(height - rows + 1)), int(rng.integers(width - columns + 1))
    step = -1 if rng.random() < 0.5 else 1
    cut = np.s_[top : top + rows, left : left + columns]
    method = cv2.INTER_AREA if rows > size_hw[0] else cv2.INTER_LINEAR
    small = cv2.resize(image[cut], size_hw[::-1], interpolation=method)
    far = cv2.resize(depth[cut].astype(np.float32), size_hw[::-1], interpolation=cv2.INTER_NEAREST)
    finite = far[np.isfinite(far)]
    sky = float(np.clip(1.5 * np.quantile(finite, 0.98), 20, 120)) if finite.size else 120.0
    return small[:, ::step], np.minimum(far, sky)[:, ::step]
