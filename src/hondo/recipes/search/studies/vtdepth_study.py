"""vtdepth: the comparison that VTDepth's author set out for, all architectures trained alike without depth.

A CNN, a transformer encoder, a pure transformer, a transformer in the middle, a CNN under a transformer decoder, and a
cost volume over two frames; on KITTI by the recipes of their names, or for a few steps on rendered walks.
"""

from dataclasses import replace

from hondo.data.datasets.dataset_configs import SyntheticData
from hondo.recipes.recipe import EvaluateConfig, Recipe
from hondo.recipes.registry import RECIPES
from hondo.recipes.search.search_space import Factor, Level, SpeedConfig, Study
from hondo.train.objectives.objective_config import MultiFrameConfig, SelfSupervisedConfig

ARCHITECTURES = {
    "CNN": "kitti-mono",
    "ViT encoder": "vtdepth-b0",
    "pure ViT": "vtdepth-a0",
    "ViT in the middle": "vtdepth-middle",
    "CNN, ViT decoder": "vtdepth-c0",
    "cost volume": "manydepth-kitti",
}
SIZE = (64, 192)
STEPS, BATCH = 120, 4
POSES = SelfSupervisedConfig(pose="network", pose_model="nano-pose")


def vtdepth_study(data: str | None) -> Study:
    """``data``: KITTI's folder; "synthetic" or None: rendered walks, from random weights."""
    is_rendered = data in (None, "synthetic")
    levels = []
    for label, name in ARCHITECTURES.items():
        changes: dict[str, object] = {"recipe": name}
        changes |= _rendered(RECIPES[name]()) if is_rendered else {"data.root": data}
        levels.append(Level(label=label, changes=changes))
    base = RECIPES[ARCHITECTURES["CNN"]]()
    if is_rendered:
        test: object = SyntheticData(length=16, seed=12_345, size_hw=SIZE)
        score, every = EvaluateConfig(data=test), STEPS // 6
        loop = replace(base.loop, show_progress=False, validate_every=every, log_every=every, checkpoint_every=STEPS)
    else:
        test = replace(base.data, root=data, split="eigen/test", depth="velodyne", with_depth=True, sources=())
        score = EvaluateConfig(data=test, protocol="kitti-eigen-raw-garg")
        loop = replace(base.loop, show_progress=False)
    factor = Factor(name="architecture", levels=tuple(levels))
    recipe = replace(base, loop=loop, evaluate=score)
    speed = SpeedConfig(size_hw=(192, 640))
    return Study(name="vtdepth", recipe=recipe, factors=(factor,), speed=speed)


def _rendered(recipe: Recipe) -> dict[str, object]:
    """A recipe on rendered walks, so that the architectures alone differ."""
    is_multi = isinstance(recipe.objective, MultiFrameConfig)
    return {
        "data": SyntheticData(length=32, size_hw=SIZE, sources=(-2, 2)),
        "model.options.pretrained": False,
        "objective": MultiFrameConfig(photometric=POSES, range_decay=0.9) if is_multi else POSES,
        "batches.batch_size": BATCH,
        "batches.cache": True,
        "optim.max_steps": STEPS,
        "optim.lr": 5e-4,
        "optim.clip_norm": 1.0,
        "evaluate": EvaluateConfig(data=SyntheticData(length=16, seed=12_345, size_hw=SIZE)),
    }
