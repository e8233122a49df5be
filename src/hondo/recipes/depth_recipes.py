"""Learning from images with depth."""

from dataclasses import replace

from hondo.data.augment.augment_config import AugmentConfig
from hondo.data.datasets.dataset_configs import MixData, RgbdData, SyntheticData
from hondo.recipes.recipe import BatchesConfig, ModelConfig, Recipe
from hondo.train.loop.loop_config import LoopConfig, OptimConfig
from hondo.train.objectives.objective_config import SupervisedConfig


def rgbd() -> Recipe:
    """Trains on the pairs of a manifest. The loss takes any labels and model up to scale. Metric models with metric
    labels: ``objective.terms={"silog": 1}`` (AdaBins: also ``"chamfer_bins": 0.1``); labels with unknown shift:
    ``objective.terms={"ssi": 1}``.
    """
    return Recipe(
        name="rgbd",
        data=RgbdData(),
        model=ModelConfig(name="hondo-nano"),
        objective=SupervisedConfig(terms={"scale_invariant": 1.0}),
        batches=BatchesConfig(batch_size=8),
        augment=AugmentConfig(flip=0.5, jitter=0.5, zoom=0.5),
        optim=OptimConfig(lr=2e-4, max_steps=5000, ema_decay=0.999),
        loop=LoopConfig(log_every=20, checkpoint_every=500),
    )


def mix() -> Recipe:
    """Trains on several data sets at once: ``data.sets={"rgbd:PATH": 2, "shards:PATH": 1}`` with their weights.

    Each sample teaches what its labels are known up to: maps in metres, up to scale or up to scale and shift by the
    scale-and-shift-invariant loss, labelled pairs of points by their order.
    """
    return replace(rgbd(), name="mix", data=MixData(), objective=SupervisedConfig(terms={"ssi": 1.0, "ordinal": 0.5}))


def kitti_completion() -> Recipe:
    """Depth completion on KITTI: the model sees the image and the Velodyne's points, and learns the annotated maps."""
    options = {"encoder": "timm:resnet18", "in_channels": 5, "size_hw": (192, 640)}
    return replace(
        kitti_completion_tiny(),
        name="kitti-completion",
        data=RgbdData(name="kitti", split="eigen_zhou/train", measured="velodyne", size_hw=(192, 640)),
        model=ModelConfig(name="unet", weights="random", options=options),
        augment=AugmentConfig(flip=0.5, jitter=0.5),
        batches=BatchesConfig(batch_size=8),
        optim=OptimConfig(lr=2e-4, max_steps=50_000, ema_decay=0.999),
        loop=LoopConfig(log_every=20, checkpoint_every=1000),
    )


def kitti_completion_tiny() -> Recipe:
    """Depth completion on rendered scenes, where the measured points are drawn from the exact depth. For your own data:
    the recipe rgbd with ``model.options={"in_channels": 5}``.
    """
    options = {"encoder": "light", "width": 0.5, "in_channels": 5, "size_hw": (64, 96)}
    return Recipe(
        name="kitti-completion-tiny",
        data=SyntheticData(length=24, size_hw=(64, 96)),
        model=ModelConfig(name="unet", weights="random", options=options),
        objective=SupervisedConfig(terms={"log_l1": 1.0}, points=150),
        batches=BatchesConfig(batch_size=8, cache=True),
        augment=AugmentConfig(flip=0.5, jitter=0.0),
        optim=OptimConfig(lr=3e-3, max_steps=120, ema_decay=0.9),
        loop=LoopConfig(log_every=20, checkpoint_every=500),
    )
