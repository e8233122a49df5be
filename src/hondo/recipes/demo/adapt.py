"""Adaptation to the clip: the recipe "video" on its pictures and intrinsics alone, into a run folder."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

from hondo.models.depth import DepthModel
from hondo.recipes.demo.clip import DemoClip
from hondo.recipes.demo.config import DemoConfig
from hondo.recipes.pipeline import Trained, run
from hondo.recipes.recipe import ModelConfig, Recipe
from hondo.recipes.video import adapt as clip_recipe
from hondo.train.checkpoint import RunFolder


def adapt_recipe(clip: DemoClip, config: DemoConfig) -> Recipe:
    """ "video" for so many seconds. It is given the pictures' folder, not the clip's: depth and poses stay unseen."""
    recipe = clip_recipe(str(clip.files.images), seconds=config.seconds)
    data = replace(
        recipe.data,
        camera=str(clip.files.intrinsics),
        stop=config.frames,
        size_hw=config.adapt_hw or recipe.data.size_hw,
    )
    return replace(recipe, data=data, model=ModelConfig(name="hondo-nano", weights=config.weights))


def adapt(model: DepthModel, clip: DemoClip, config: DemoConfig, *, folder: Path, shows_progress: bool) -> Trained:
    """A copy of ``model`` adapted; ``folder`` is a run folder like any other. An earlier demo's is overwritten."""
    recipe = adapt_recipe(clip, config)
    recipe = replace(recipe, loop=replace(recipe.loop, show_progress=shows_progress))
    RunFolder(folder).state.unlink(missing_ok=True)
    return run(recipe, out=folder, model=deepcopy(model))
