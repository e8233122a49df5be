"""How the shipped weights of hondo-nano are made: rendered scenes only, first small pictures, then larger ones."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

from hondo.data.augment_config import AugmentConfig
from hondo.recipes.recipe import BatchesConfig, ModelConfig, Recipe
from hondo.train.config import FabricConfig, LoopConfig, OptimConfig
from hondo.train.objectives.config import SupervisedConfig

LOOK = AugmentConfig(
    flip=0.0,  # the windows are flipped when they are cut
    jitter=0.8,
    brightness=0.2,
    contrast=0.3,
    saturation=0.7,
    hue=0.03,
    exposure=0.4,
    gamma=0.4,
    gamma_range=(0.7, 1.4),
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
    """A store of rendered pictures (hondo.data.synthetic.pooled_batches); what is missing in it is rendered first."""

    dataset: ClassVar[str] = "synthetic-pool"
    root: str = "runs/pool"  # --data PATH
    shards: int = 400  # of about 42 pictures each
    pool_seed: int = 1
    area: int = 192 * 256  # pixels of the network's pictures
    seed: int = 0
    look: AugmentConfig = field(default_factory=lambda: LOOK)
    workers: int = 2


def nano() -> Recipe:
    """The first, long part, at 192x256, 128x384 and 256x192."""
    return Recipe(
        name="nano",
        data=PoolData(),
        model=ModelConfig(name="hondo-nano", weights="random"),
        objective=SupervisedConfig(terms={"scale_invariant": 1.0}),
        batches=BatchesConfig(batch_size=24),
        optim=OptimConfig(
            lr=2e-3,
            weight_decay=0.02,
            warmup=0.03,
            max_steps=12_000,
            max_seconds=3600.0,
            clip_norm=2.0,
            ema_decay=0.999,
        ),
        fabric=FabricConfig(precision="bf16-mixed"),
        loop=LoopConfig(log_every=20, checkpoint_every=1000, checkpoint_seconds=240.0),
        licence="Apache-2.0",
    )


def nano_fine() -> Recipe:
    """The second, short part, at the sizes the network is used at; give the first one's run with --model.name RUN."""
    first = nano()
    return replace(
        first,
        name="nano-fine",
        data=replace(first.data, area=192 * 576, seed=1),
        model=ModelConfig(name="runs/nano"),
        batches=BatchesConfig(batch_size=10),
        optim=replace(first.optim, lr=7e-4, warmup=0.02, max_steps=6_000, max_seconds=1500.0),
    )
