"""The training of hondo-small's detail head on rendered scenes; benchmarks/small_layout.py trains the other head."""

from dataclasses import replace

from hondo.recipes.nano_recipes import nano_final
from hondo.recipes.recipe import ModelConfig, Recipe
from hondo.train.objectives.objective_config import SupervisedConfig


def small() -> Recipe:
    """Goes on from the shipped weights; all but the detail head stay as they are; 192x256, 128x384 and 256x192."""
    base = nano_final()
    return replace(
        base,
        name="small",
        data=replace(base.data, pool_seed=5, shards=96, seed=10),
        model=ModelConfig(name="hondo-small"),
        objective=SupervisedConfig(
            terms={"scale_invariant": 1.0, "depth_edges": 1.0}, frozen=("encoder", "nano", "layout")
        ),
        batches=replace(base.batches, batch_size=8),
        optim=replace(base.optim, name="adamw", lr=2e-3, weight_decay=0.05, ema_decay=0.99, max_seconds=1500.0),
    )
