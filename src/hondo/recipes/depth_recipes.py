"""Learning from images with depth."""

from hondo.data.augment.augment_config import AugmentConfig
from hondo.data.datasets.dataset_configs import RgbdData
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
