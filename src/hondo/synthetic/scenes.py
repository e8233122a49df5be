"""Endless labelled scenes: sample i is rendered on demand and is a function of (seed, i) alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.sample import Sample, SourceView, ViewRole
from hondo.core.types import Camera, Size
from hondo.synthetic.rendering.rasteriser import Views
from hondo.synthetic.rendering.render import render
from hondo.synthetic.rendering.scene import Scene, stack
from hondo.synthetic.rendering.textures import make_atlas
from hondo.synthetic.viewpoints import walk
from hondo.synthetic.worlds.registry import MIXTURE, WORLDS, make_world


@dataclass(frozen=True, kw_only=True)
class SyntheticScenes(Sequence[Sample]):
    """Rendered images with exact depth, camera and, for ``sources`` (frame offsets or "stereo"), exact poses."""

    length: int = 1000
    seed: int = 0
    size_hw: Size = (192, 256)
    sources: tuple[ViewRole, ...] = ()
    worlds: Mapping[str, float] = field(default_factory=lambda: dict(MIXTURE))
    fov_deg: tuple[float, float] = (40.0, 100.0)  # horizontal
    baseline: float = 0.12  # metres from the left to the right camera of "stereo"
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.length < 1 or min(self.size_hw) < 16:
            raise HondoError(f"synthetic data needs length >= 1 and sides >= 16, got {self.length} and {self.size_hw}")
        if not self.worlds or min(self.worlds.values()) < 0 or not sum(self.worlds.values()):
            raise HondoError(f"worlds needs positive weights, got {dict(self.worlds)}")
        for name in self.worlds:
            WORLDS[name]  # refuses unknown names

    def __len__(self) -> int:
        return self.length

    @property
    def origins(self) -> tuple[str, ...]:
        """The name of each sample."""
        return tuple(f"synthetic {self.seed}/{index}" for index in range(self.length))

    @overload
    def __getitem__(self, index: int) -> Sample: ...

    @overload
    def __getitem__(self, index: slice) -> list[Sample]: ...

    def __getitem__(self, index: int | slice) -> Sample | list[Sample]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self.length))]
        if not -self.length <= index < self.length:
            raise IndexError(f"sample {index} of {self.length}")
        index %= self.length
        rng = np.random.default_rng([self.seed, index])
        world = make_world(rng, make_atlas(), self.worlds)
        camera = Camera.from_fov(float(rng.uniform(*self.fov_deg)), size_hw=self.size_hw)
        offsets = [role for role in self.sources if role != "stereo"]
        first, last = min((0, *offsets)), max((0, *offsets))
        scene = walk(world, rng, last - first + 1, baseline=self.baseline if "stereo" in self.sources else 0.0)
        stride = 2 if "stereo" in self.sources else 1
        picked = [
            -first * stride,
            *((-first * stride + 1) if r == "stereo" else (r - first) * stride for r in self.sources),
        ]
        return self._sample(scene, picked, camera, origin=f"synthetic {self.seed}/{index}")

    def _sample(self, scene: Scene, picked: list[int], camera: Camera, *, origin: str) -> Sample:
        poses = camera_poses(scene)[picked]
        views = make_views([scene], [camera], picked).to(self.device)
        frames = render(stack([scene]).to(self.device), views, make_atlas().to(self.device))
        depth = frames.depth[0].cpu()
        valid = torch.isfinite(depth)
        images = frames.image.cpu()
        sources = tuple(
            SourceView(image=image, role=role, T_source_target=torch.linalg.inv(pose) @ poses[0])
            for image, role, pose in zip(images[1:], self.sources, poses[1:], strict=True)
        )
        depth = torch.where(valid, depth, 0.0)
        return Sample(image=images[0], camera=camera, depth_gt=depth, valid=valid, sources=sources, origin=origin)


def camera_poses(scene: Scene) -> Float[Tensor, "v 4 4"]:
    """T_world_camera of every viewpoint."""
    T = torch.eye(4).repeat(len(scene.eyes), 1, 1)
    T[:, :3, :3], T[:, :3, 3] = scene.R_world_camera, scene.eyes
    return T


def make_views(scenes: Sequence[Scene], cameras: Sequence[Camera], picked: Sequence[int] | None = None) -> Views:
    """The ``picked`` viewpoints of every scene, seen through its camera (all of one size)."""
    chosen = [range(len(scene.eyes)) if picked is None else picked for scene in scenes]
    return Views(
        K=torch.cat([torch.from_numpy(c.K).float().expand(len(p), 3, 3) for c, p in zip(cameras, chosen, strict=True)]),
        position=torch.cat([scene.eyes[list(p)] for scene, p in zip(scenes, chosen, strict=True)]),
        R_world_camera=torch.cat([scene.R_world_camera[list(p)] for scene, p in zip(scenes, chosen, strict=True)]),
        scene=torch.cat([torch.full((len(p),), i) for i, p in enumerate(chosen)]),
        size_hw=cameras[0].size_hw,
    )
