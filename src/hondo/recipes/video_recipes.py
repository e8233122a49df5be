"""Learning from video alone: any clip with intrinsics makes a depth model better at that place."""

from dataclasses import replace

from hondo.data.augment.augment_config import AugmentConfig
from hondo.data.datasets.dataset_configs import FramesData
from hondo.recipes.recipe import BatchesConfig, ModelConfig, Recipe
from hondo.train.loop.loop_config import FabricConfig, LoopConfig, OptimConfig
from hondo.train.objectives.objective_config import DistillationConfig, SelfSupervisedConfig, SemiSupervisedConfig


def video() -> Recipe:
    """Adapts hondo-nano to the frames of data.root by self-supervision; no depth is used.

    The camera path comes from two-view geometry before training: an untrained pose network would need far longer than
    the depth model. Where the model starts from trained weights, batch-norm statistics are frozen (a few scenes would
    distort them), and an anchor to the initial predictions preserves what the video does not determine.
    """
    return Recipe(
        name="video",
        data=FramesData(),
        model=ModelConfig(name="hondo-nano"),
        objective=SelfSupervisedConfig(pose="two-view", freeze_norm=None, frozen=None, mask_outside=True, anchor=None),
        batches=BatchesConfig(batch_size=4, hold_back=0.05),
        augment=AugmentConfig(flip=0.5, jitter=0.5),
        optim=OptimConfig(lr=2e-4, weight_decay=0.0, max_steps=2000, ema_decay=0.99),
        fabric=FabricConfig(precision="auto"),
        loop=LoopConfig(log_every=10, checkpoint_every=500),
    )


def semi() -> Recipe:
    """Learns from frames or stereo pairs and from the depth that is known of some pixels, of a LiDAR for example.

    Known depth sets the scale; photometric reprojection teaches the rest. ``objective.proxy=True`` adds depth from
    stereo matching where a pair shows it in both images.
    """
    base = video()
    photometric = SelfSupervisedConfig(pose="network", mask_outside=True)
    return replace(
        base,
        name="semi",
        data=replace(base.data, with_depth=True),
        objective=SemiSupervisedConfig(terms={"log_l1": 0.5}, photometric=photometric),
    )


def distil() -> Recipe:
    """A small model learns from a large one on images or videos without labels: ``objective.teacher``.

    Teachers of relative depth: ``objective.terms={"distil_ssi": 1}``.
    """
    base = video()
    return replace(
        base,
        name="distil",
        data=replace(base.data, sources=()),
        objective=DistillationConfig(),
        augment=AugmentConfig(flip=0.5, jitter=0.8, zoom=0.5),
    )


def adapt(root: str, *, seconds: float = 60.0) -> Recipe:
    """``video`` for a short clip and little time: its frames stay in memory, and the clock decides the end."""
    base = video()
    return replace(
        base,
        data=replace(base.data, root=root),
        batches=replace(base.batches, cache=True),
        optim=replace(base.optim, max_steps=100_000, max_seconds=seconds),
    )
