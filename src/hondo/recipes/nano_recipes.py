"""The five training stages of the plain network in hondo-nano and hondo-small, on rendered scenes only."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

from hondo.core.check_config import COUNT, NOT_NEGATIVE, Limits, check_config
from hondo.data.augment.augment_config import AugmentConfig
from hondo.recipes.recipe import BatchesConfig, ModelConfig, Recipe
from hondo.train.loop.loop_config import FabricConfig, LoopConfig, OptimConfig
from hondo.train.objectives.objective_config import SupervisedConfig

LOOK = AugmentConfig(
    flip=0.0,  # the windows are flipped when they are cut
    jitter=0.8,
    brightness=0.2,
    contrast=0.4,
    saturation=0.7,
    hue=0.03,
    exposure=0.4,
    gamma=0.4,
    gamma_range=(0.6, 1.6),
    white_balance=0.4,
    gain=0.12,
    blur=0.35,
    noise=0.35,
    noise_sigma=(0.0, 0.04),
    jpeg=0.25,
    jpeg_quality=(25.0, 90.0),
)


@dataclass(frozen=True, kw_only=True)
class PoolData:
    """A store of rendered images (hondo.data.datasets.rendered_pool); what is missing in it is rendered first."""

    dataset: ClassVar[str] = "synthetic-pool"
    root: str = "runs/pool"
    shards: int = 456  # of about 44 images each
    pool_seed: int = 3
    area: int = 192 * 256  # pixels of the network's images
    seed: int = 0
    look: AugmentConfig = field(default_factory=lambda: LOOK)
    workers: int = 2

    def __post_init__(self) -> None:
        limits = {"shards": COUNT, "area": Limits(at_least=32 * 32), "workers": NOT_NEGATIVE}
        check_config(self, name="data", limits=limits)


def nano() -> Recipe:
    """The first stage: very small images, 96x128, 64x192 and 128x96, for the coarse layout of scenes."""
    return Recipe(
        name="nano",
        data=PoolData(area=96 * 128),
        model=ModelConfig(name="hondo-nano-plain", weights="random"),
        objective=SupervisedConfig(terms={"scale_invariant": 1.0}),
        batches=BatchesConfig(batch_size=32),
        optim=OptimConfig(
            lr=1.5e-3,
            weight_decay=0.02,
            warmup=0.03,
            max_steps=20_000,
            max_seconds=1380.0,
            clip_norm=5.0,
            ema_decay=0.999,
        ),
        fabric=FabricConfig(precision="bf16-mixed"),
        loop=LoopConfig(log_every=20, checkpoint_every=1000, checkpoint_seconds=240.0),
        licence="Apache-2.0",
    )


def nano_medium() -> Recipe:
    """The second: 192x256, 128x384 and 256x192, from the first one's run (another: model.name)."""
    return _next_stage(nano(), "nano-medium", area=192 * 256, batch_size=20, lr=1e-3, seconds=1500.0)


def nano_large() -> Recipe:
    """The third: 224x320, 160x448 and 320x224, about the sizes the network is used at, from the second one's run."""
    return _next_stage(nano_medium(), "nano-large", area=224 * 320, batch_size=16, lr=6e-4, seconds=1080.0)


def nano_again() -> Recipe:
    """The fourth, with a new learning rate and optimiser: 128x192, 96x288 and 192x128, many images for the time."""
    stage = _next_stage(nano_large(), "nano-again", area=128 * 192, batch_size=48, lr=1.5e-3, seconds=1860.0)
    return replace(stage, optim=replace(stage.optim, name="muon", weight_decay=0.05, ema_decay=0.998))


def nano_final() -> Recipe:
    """The last: 192x256, 128x384 and 256x192, the sizes the network is used at, from the fourth one's run."""
    return _next_stage(nano_again(), "nano-final", area=192 * 256, batch_size=32, lr=8e-4, seconds=2400.0)


def _next_stage(before: Recipe, name: str, *, area: int, batch_size: int, lr: float, seconds: float) -> Recipe:
    return replace(
        before,
        name=name,
        data=replace(before.data, area=area, seed=before.data.seed + 1),
        model=ModelConfig(name=f"runs/{before.name}"),
        batches=replace(before.batches, batch_size=batch_size),
        optim=replace(before.optim, lr=lr, max_seconds=seconds),
    )
