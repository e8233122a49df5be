"""Small twins of recipes: small networks on rendered scenes, to see in seconds that a recipe learns."""

from dataclasses import replace
from typing import Any

from hondo.data.augment.augment_config import AugmentConfig
from hondo.data.datasets.dataset_configs import MixData, SyntheticData
from hondo.recipes import finetuning_recipes as finetuning
from hondo.recipes import supervised_recipes as supervised
from hondo.recipes.recipe import BatchesConfig, ModelConfig, Recipe
from hondo.train.loop.loop_config import LoopConfig

SIZE = (64, 96)
DATA = SyntheticData(length=16, size_hw=SIZE)
RELATIVE = "synthetic-relative"
VIT = {"encoder": "timm:test_vit", "features": 32}
DPT = VIT | {"head": "sigmoid", "max_depth": 20.0}  # a head that a network without trained weights can learn
FASTDEPTH = {"encoder_widths": (16, 16, 32, 32, 32, 32, *(64,) * 8), "decoder_widths": (64, 16)}
ADABINS = {"encoder": "timm:test_efficientnet_gn", "width": 64, "dim": 32, "bins": 16, "max_depth": 20.0}


def twin(
    base: Recipe, *, lr: float, max_steps: int = 40, batch_size: int = 8, options: dict[str, Any], **changes: Any
) -> Recipe:
    """The recipe on rendered scenes with a small untrained network; its losses and the kind of its schedule stay."""
    optim = {"lr": lr, "max_steps": max_steps, "clip_norm": 1.0, "clip_value": None, "ema_decay": None}
    given = {
        "name": f"{base.name}-tiny",
        "data": DATA,
        "model": ModelConfig(name=base.model.name, weights="random", options=options | {"size_hw": SIZE}),
        "batches": BatchesConfig(batch_size=batch_size, cache=True),
        "augment": AugmentConfig(flip=0.5, jitter=0.0),
        "optim": replace(base.optim, **optim),
        "loop": LoopConfig(log_every=10, checkpoint_every=1000),
    }
    return replace(base, **(given | changes))


def dpt_kitti_tiny() -> Recipe:
    """``dpt-kitti`` on rendered scenes."""
    return twin(supervised.dpt_kitti(), lr=1e-3, batch_size=4, options=DPT)


def dpt_nyu_tiny() -> Recipe:
    """``dpt-nyu`` on rendered scenes."""
    return twin(supervised.dpt_nyu(), lr=1e-3, batch_size=4, options=DPT)


def adabins_kitti_tiny() -> Recipe:
    """``adabins-kitti`` on rendered scenes."""
    return twin(supervised.adabins_kitti(), lr=3e-3, max_steps=20, batch_size=4, options=ADABINS)


def adabins_nyu_tiny() -> Recipe:
    """``adabins-nyu`` on rendered scenes."""
    return twin(supervised.adabins_nyu(), lr=3e-3, max_steps=20, batch_size=4, options=ADABINS)


def bts_kitti_tiny() -> Recipe:
    """``bts-kitti`` on rendered scenes."""
    return twin(
        supervised.bts_kitti(),
        lr=1e-3,
        max_steps=30,
        batch_size=4,
        options={"encoder": "light", "width": 256, "max_depth": 20.0},
    )


def fastdepth_nyu_tiny() -> Recipe:
    """``fastdepth-nyu`` on rendered scenes."""
    return twin(supervised.fastdepth_nyu(), lr=0.05, max_steps=80, options=FASTDEPTH)


def mobiledepth_nyu_tiny() -> Recipe:
    """``mobiledepth-nyu`` on rendered scenes."""
    return twin(supervised.mobiledepth_nyu(), lr=3e-3, options={"encoder": "light"})


def mix6_tiny() -> Recipe:
    """``mix6`` on rendered scenes of three kinds: metres, up to scale and shift, and ordered pairs of points."""
    data = MixData(sets={"synthetic": 1.0, f"{RELATIVE}@shift": 1.0, f"{RELATIVE}@pairs": 0.5}, size_hw=SIZE)
    return twin(finetuning.mix6(), lr=2e-3, batch_size=4, options=VIT, data=data)


def depth_anything_metric_tiny() -> Recipe:
    """``depth-anything-metric`` on rendered scenes, from random weights."""
    return twin(finetuning.depth_anything_metric(), lr=2e-3, options=VIT)


def kitti_semi_tiny() -> Recipe:
    """``kitti-semi`` on rendered walks, whose poses are known."""
    base = finetuning.kitti_semi()
    known = replace(base.objective, photometric=replace(base.objective.photometric, pose="known"))
    return twin(
        replace(base, model=ModelConfig(name="unet")),
        lr=2e-3,
        options={"encoder": "light", "width": 0.5},
        data=replace(DATA, sources=(-1, 1)),
        objective=known,
    )
