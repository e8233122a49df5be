"""Test-time adaptation: depth of each frame of a video, and a few steps of learning from the frames seen so far.

Online adaptation by photometric reprojection (Tonioni et al. 2019) with a buffer of past frames against forgetting
(Kuznietsov et al. 2021). Poses come from direct alignment with the current depth: no pose network must learn first.
"""

import copy
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8

from hondo.core.check_config import COUNT, NOT_NEGATIVE, POSITIVE, check_config
from hondo.core.errors import HondoError
from hondo.core.sample import Sample, SourceView
from hondo.core.types import Camera, DepthMap
from hondo.data.datasets.clips import size_near
from hondo.data.datasets.intrinsics import read_camera
from hondo.data.loading.collate import collate
from hondo.data.loading.fit_sample import fit_sample, image_tensor
from hondo.engines.load import load
from hondo.models.base.depth_model import DepthModel
from hondo.models.registry.build_model import build_model
from hondo.train.loop.training import to_device
from hondo.train.objectives.objective_config import SelfSupervisedConfig
from hondo.train.objectives.self_supervised import build_self_supervised


@dataclass(frozen=True, kw_only=True)
class OnlineConfig:
    """``steps`` of learning after each frame, each from the newest frames and ``replayed`` earlier ones."""

    steps: int = 2
    replayed: int = 2
    buffer: int = 64  # frames kept to learn from again; a random choice of all that were seen
    spacing: int = 4  # frames between a view and its neighbours: adjacent frames of a video show little parallax
    lr: float = 2e-5
    clip_norm: float = 1.0
    seed: int = 0
    objective: SelfSupervisedConfig = field(
        default_factory=lambda: SelfSupervisedConfig(pose="direct", mask_outside=True, freeze_norm=True, anchor=1.0)
    )

    def __post_init__(self) -> None:
        limits = dict.fromkeys(("steps", "replayed"), NOT_NEGATIVE) | dict.fromkeys(("lr", "clip_norm"), POSITIVE)
        check_config(self, name="", limits=limits | {"buffer": COUNT, "spacing": COUNT})
        if self.objective.pose not in ("direct", "network", "shared"):
            raise HondoError(f"objective.pose {self.objective.pose} needs all frames before the first; choose direct")


class OnlineAdaptation:
    """Call it with the frames of one video in order. It learns on a copy: the model that is given never changes."""

    def __init__(
        self,
        model: str | Path | DepthModel = "hondo-nano",
        *,
        camera: "Camera | str | Path | Sequence[float]",
        weights: str | Path | None = None,
        device: str = "cpu",
        config: OnlineConfig | None = None,
    ) -> None:
        self.config = config or OnlineConfig()
        built = copy.deepcopy(model) if isinstance(model, DepthModel) else build_model(model, weights)
        if not isinstance(built, DepthModel) or built.num_previous:
            raise HondoError("adaptation needs a depth model of single images", field="model")
        self.model, self.given_camera, self.device = built, camera, device
        self.predictor = load(built, engine="torch", precision="fp32", device=device)  # runs this very model
        self.objective = build_self_supervised(built, self.config.objective).to(device)
        trained = [each for each in self.objective.parameters() if each.requires_grad]
        self.optimizer = torch.optim.Adam(trained, lr=self.config.lr)
        self.newest: deque[UInt8[np.ndarray, "h w 3"]] = deque(maxlen=2 * self.config.spacing + 1)
        self.kept: list[Sample] = []
        self.count = 0
        self.camera: Camera | None = None
        self._random = np.random.default_rng(self.config.seed)

    def __call__(self, image: UInt8[np.ndarray, "h w 3"]) -> DepthMap:
        """The depth of the next frame, by what the frames before taught; then learns from it."""
        size_hw = (image.shape[0], image.shape[1])
        if self.newest and self.newest[-1].shape != image.shape:
            raise HondoError(f"a video has frames of one size: {self.newest[-1].shape[:2]}, then {size_hw}")
        if self.camera is None:
            self.camera = read_camera(self.given_camera, size_hw=size_hw)
        self.model.eval()
        depth_map = self.predictor(image, camera=self.camera)
        self.newest.append(image)
        if len(self.newest) == self.newest.maxlen:
            self._learn(self._sample())
        return depth_map

    def _sample(self) -> Sample:
        """The middle of the frames that are held, with the oldest and the newest, at the size of the network."""
        images = [self.newest[number] for number in (0, self.config.spacing, -1)]
        before, target, after = (image_tensor(torch.from_numpy(image)) for image in images)
        spec, image_hw = self.model.input_spec, (target.shape[1], target.shape[2])
        size_hw = spec.size_hw if spec.fixed else size_near(image_hw, spec.size_hw, multiple_of=spec.multiple_of)
        sources = (SourceView(image=before, role=-1), SourceView(image=after, role=1))
        return fit_sample(Sample(image=target, camera=self.camera, sources=sources), size_hw)

    def _learn(self, newest: Sample) -> None:
        self.objective.train()
        for _ in range(self.config.steps):
            count = min(self.config.replayed, len(self.kept))
            chosen = self._random.choice(len(self.kept), count, replace=False) if count else ()
            batch = collate([newest, *(self.kept[index] for index in chosen)])
            loss, _ = self.objective(to_device(batch, torch.device(self.device)))
            self.optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.objective.parameters(), self.config.clip_norm)
            if loss.isfinite():
                self.optimizer.step()
        self._keep(newest)

    def _keep(self, sample: Sample) -> None:
        """Every frame seen is in the buffer with the same probability (reservoir sampling, Vitter 1985)."""
        self.count += 1
        if len(self.kept) < self.config.buffer:
            self.kept.append(sample)
        elif (place := int(self._random.integers(self.count))) < self.config.buffer:
            self.kept[place] = sample


def adapt(
    frames: Iterable[UInt8[np.ndarray, "_ _ 3"]],
    model: str | Path | DepthModel = "hondo-nano",
    *,
    camera: "Camera | str | Path | Sequence[float]",
    weights: str | Path | None = None,
    device: str = "cpu",
    config: OnlineConfig | None = None,
) -> Iterator[DepthMap]:
    """The depth of every frame of a video, by a copy of the model that learns from the frames before it.

    ``frames``: uint8 RGB in order, all of one size. ``camera``: intrinsics, as ``fov=60``, a file, or a Camera.

    >>> frames = np.random.default_rng(0).integers(0, 255, (4, 64, 96, 3), dtype=np.uint8)
    >>> maps = list(hondo.adapt(frames, camera="fov=60", config=None))
    >>> len(maps), maps[0].values.shape
    (4, (64, 96))
    """
    adaptation = OnlineAdaptation(model, camera=camera, weights=weights, device=device, config=config)
    return map(adaptation, frames)
