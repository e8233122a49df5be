"""Recipes cut to a few steps on the smallest network."""

from dataclasses import replace
from pathlib import Path

from hondo.recipes.recipe import BatchesConfig, ModelConfig, Recipe
from hondo.train.loop.loop_config import FabricConfig, LoopConfig

TINY = {"batches": BatchesConfig(batch_size=2, workers=1), "fabric": FabricConfig(accelerator="cpu")}
LIGHT = ModelConfig(name="unet-light", weights="random")


def tiny(recipe: Recipe, root: Path, *, steps: int = 3, **changes) -> Recipe:
    optim = replace(recipe.optim, max_steps=steps, max_seconds=None)
    data = replace(recipe.data, root=str(root), size_hw=(32, 64))
    loop = LoopConfig(log_every=1, checkpoint_every=2, validate_every=2, picture_every=3, show_progress=False)
    return replace(recipe, **({"optim": optim, "data": data, "loop": loop, "model": LIGHT} | TINY | changes))
