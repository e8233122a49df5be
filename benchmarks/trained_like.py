"""Weights for measuring engines: every published family trained briefly on rendered scenes.

    python benchmarks/trained_like.py [--models dpt-hybrid monodepth2 ...] [--pool FOLDER] [--quick]

Fresh weights give maps of hardly any contrast, on which reduced precision looks far worse or far better than it is on
networks that see. These are no good models; they only have activations, norms and maps of a trained network's kind.
One .safetensors file a model goes to hondo's cache (HONDO_CACHE) or to --out; what is there already is left alone, and
a run that was cut off goes on with the model it was at. The pool of rendered images is made first if it is missing.
"""

import argparse
import sys
import time
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import update_bn

from hondo.core.cache import cache_folder
from hondo.core.errors import HondoError
from hondo.core.report import commit
from hondo.data.datasets.dataset_configs import SyntheticData
from hondo.evaluate.parity.parity import probe_image
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.weights_file import save_model
from hondo.models.decoders.adaptive_bins import AdaptiveBins
from hondo.models.registry.build_model import build_model
from hondo.nn.blocks.mini_vit import MiniViT
from hondo.nn.blocks.transformer_block import LayerScale
from hondo.recipes.build_parts import build_batches
from hondo.recipes.nano_recipes import PoolData
from hondo.recipes.pipeline import run
from hondo.recipes.recipe import BatchesConfig, EvaluateConfig, ModelConfig, Recipe
from hondo.train.loop.loop_config import FabricConfig, LoopConfig, OptimConfig
from hondo.train.objectives.objective_config import SupervisedConfig

LAYER_SCALE = 0.5  # of DINOv2's branches, about as trained ones are; fresh ones (1e-5) take long to grow
RESIDUAL = (
    0.2  # what residual blocks of convolutions add, as a share: fresh EfficientNets of 39 blocks are chaotic at 1
)
GATE = 0.01  # of the weights in front of gates: those that open and close by chance multiply what came before
KERNEL = 0.02  # size of AdaBins' range attention kernels; at 1 the bins' probabilities are soon one or nothing
NORM_BATCHES = 12  # that batch norms are measured on after the training
LEAST_CONTRAST = 0.02  # of a trained map; less is an output that died
FASTDEPTH_M = 3.0  # mean of its fresh output; half of it would be at or below 0
CONTRAST = 0.3  # standard deviation over mean of a DPT's fresh output
SOFTER = 0.2  # of what AdaBins' bins are chosen by: maps of real images have a contrast of 0.15 to 0.4 then
# Mean output of a fresh DPT: about 10 m, 3 m and 20 m in the units of its heads (see models.dpt.METRIC_HEADS).
FRESH_OUTPUT = {"relative": 1.0, "kitti": 1570.0, "nyu": 640.0}


SMALL, LARGER, FULL = 96 * 128, 128 * 192, 384 * 384  # pixels of the images that are learnt from


@dataclass(frozen=True, kw_only=True)
class Family:
    """How one model of the zoo is trained."""

    terms: dict[str, float]
    steps: int
    area: int = SMALL
    batch_size: int = 4
    lr: float = 2e-4
    align: str = "median"
    deep: bool = (
        False  # an encoder of so many layers that noise grows, unless its filters and norms are as trained ones
    )
    options: dict[str, Any] = field(default_factory=dict)


SCALED, METRIC, RELATIVE = {"scale_invariant": 1.0}, {"silog": 1.0}, {"ssi": 1.0}
FAMILIES = {
    "monodepth2": Family(terms=SCALED, steps=350, area=LARGER, batch_size=8, lr=5e-4),
    "vtdepth-b0": Family(terms=SCALED, steps=60, area=LARGER, batch_size=8, lr=5e-4),
    "fastdepth": Family(terms={"log_l1": 1.0}, steps=200, area=LARGER, batch_size=8, lr=1e-3),
    "dpt-hybrid": Family(terms=RELATIVE, steps=90, align="scale-shift"),
    "depth-anything-s": Family(terms=RELATIVE, steps=120, align="scale-shift"),
    "dpt-thesis": Family(terms=METRIC, steps=60, lr=4e-5, options={"hooks": (0, 1), "num_heads": 1}),
    "adabins-kitti": Family(terms=METRIC, steps=120, lr=1e-4, deep=True),
    "manydepth": Family(terms=SCALED, steps=50, area=LARGER, batch_size=8, lr=5e-4),
    "dpt-large": Family(terms=RELATIVE, steps=16, batch_size=2, lr=1e-4, align="scale-shift"),
}


def recipe_of(name: str, *, pool: Path, shards: int, steps: int | None) -> Recipe:
    """The run that makes a family's weights."""
    family = FAMILIES[name]
    return Recipe(
        name=f"trained-like-{name}",
        data=PoolData(root=str(pool), shards=shards, area=family.area, workers=1),
        model=ModelConfig(name=name, weights="random", options=family.options),
        objective=SupervisedConfig(terms=family.terms),
        batches=BatchesConfig(batch_size=family.batch_size),
        optim=OptimConfig(lr=family.lr, warmup=0.1, max_steps=steps or family.steps),
        fabric=FabricConfig(accelerator="cpu", precision="bf16-mixed"),
        loop=LoopConfig(validate_every=100_000),
        evaluate=EvaluateConfig(data=SyntheticData(length=2, seed=7), align=family.align),
        licence="Apache-2.0",
    )


def quick_recipe(name: str) -> Recipe:
    """One step on two small images that need no pool."""
    recipe = recipe_of(name, pool=Path(), shards=1, steps=1)
    scenes = SyntheticData(length=2, size_hw=(32, 32))
    return replace(
        recipe,
        data=scenes,
        batches=BatchesConfig(batch_size=2, workers=1),
        evaluate=EvaluateConfig(data=scenes, align=FAMILIES[name].align),
    )


def prepared(name: str, recipe: Recipe) -> DepthModel:
    """The fresh model, with those numbers set that a short training does not reach."""
    torch.manual_seed(recipe.seed)
    model = build_model(name, "random", **recipe.model.options)
    assert isinstance(model, DepthModel)
    for module in model.modules():
        if isinstance(module, LayerScale):
            nn.init.constant_(module.gamma, LAYER_SCALE)
        if isinstance(module, nn.BatchNorm2d) and module.num_features == 1:
            nn.init.constant_(module.bias, FASTDEPTH_M)
        if FAMILIES[name].deep and isinstance(module, nn.Conv2d) and module.groups == module.in_channels > 1:
            smooth_filters(module)
        if FAMILIES[name].deep and type(module).__name__ == "SqueezeExcite":
            nn.init.normal_(module.get_parameter("conv_expand.weight"), std=GATE)
        if isinstance(module, MiniViT):
            nn.init.constant_([each for each in module.modules() if isinstance(each, nn.LayerNorm)][-1].weight, KERNEL)
        if getattr(module, "has_skip", False):  # timm's inverted residuals
            nn.init.constant_(
                [each for each in module.modules() if isinstance(each, nn.BatchNorm2d)][-1].weight, RESIDUAL
            )
    if name.startswith(("dpt", "depth-anything")):
        scale_output(model, to=FRESH_OUTPUT["kitti" if name == "dpt-thesis" else "relative"])
    return model


def scale_output(model: DepthModel, *, to: float) -> None:
    """Gives the last convolution's output on a made-up image the mean ``to`` and the contrast CONTRAST."""
    last = [module for module in model.modules() if isinstance(module, nn.Conv2d) and module.out_channels == 1][-1]
    assert last.bias is not None
    seen: list[torch.Tensor] = []
    hook = last.register_forward_hook(lambda module, given, output: seen.append(output - module.bias))
    with torch.no_grad():
        side = 8 * model.input_spec.multiple_of
        model(torch.from_numpy(probe_image((side, side), seed=0)))
        hook.remove()
        factor = CONTRAST * to / seen[0].std()
        last.weight *= factor
        last.bias.fill_(to - float(factor * seen[0].mean()))


def smooth_filters(conv: nn.Conv2d) -> None:
    """Sets depthwise filters as trained ones are: Gaussians and their derivatives (Trockman et al. 2022)."""
    side = conv.kernel_size[0]
    place = (torch.arange(side) - (side - 1) / 2) / (side / 4)  # in standard deviations
    gauss = torch.exp(-(place**2) / 2)
    level, across, down = torch.randn(3, conv.out_channels, 1, 1, 1)
    with torch.no_grad():
        conv.weight.copy_((level + across * place + down * place[:, None]) * gauss * gauss[:, None] / side)


def measure_norms(model: DepthModel, recipe: Recipe) -> None:
    """Sets means and variances of batch norms by the final weights and on large images: those of a short training lag
    behind, and small maps are mostly border."""
    large = replace(recipe, data=replace(recipe.data, area=FULL))
    batches = islice(build_batches(large, model, rank=0, world_size=1), NORM_BATCHES)
    update_bn((batch.image for batch in batches), model)


def soften(model: DepthModel) -> None:
    """Makes AdaBins' probabilities softer: a short training leaves maps of more contrast than real depth has."""
    (decoder,) = (module for module in model.modules() if isinstance(module, AdaptiveBins))
    with torch.no_grad():
        for parameter in decoder.classify.parameters():
            parameter *= SOFTER


def contrast_of(model: DepthModel) -> float:
    """Standard deviation over mean of the map of a made-up image."""
    with torch.inference_mode():
        values = model(torch.from_numpy(probe_image(model.input_spec.size_hw, seed=0)))[0]
    return float(values.std() / values.mean().clamp(min=1e-12))


def train(recipe: Recipe, *, out: Path, least_contrast: float = LEAST_CONTRAST) -> None:
    """Trains one family and leaves its file in ``out``. No checkpoints: those of DPT-Large would need 16 GB to make."""
    name, begun = recipe.model.name, time.perf_counter()
    trained = run(recipe, model=prepared(name, recipe))
    if FAMILIES[name].deep:
        measure_norms(trained.model, recipe)
        soften(trained.model)
    contrast = contrast_of(trained.model)
    if contrast < least_contrast:
        raise HondoError(f"{name}: the trained map is flat (contrast {contrast:.2g}); train it with a lower rate")
    origin = {"recipe": recipe.name, "recipe_hash": recipe.hash, "commit": commit(), "seed": recipe.seed}
    save_model(trained.model, out / f"{name}.safetensors", licence=recipe.licence, training=origin)
    score = {row.name: row.value for row in trained.report.rows}
    numbers = f"| {score['steps']:.0f} | {score['loss']:.3g} | {score['abs_rel']:.3f} | {contrast:.2f} |"
    print(f"| {name} {numbers} {time.perf_counter() - begun:.0f} |", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=list(FAMILIES), default=list(FAMILIES))
    parser.add_argument("--out", type=Path, default=cache_folder("trained-like"))
    parser.add_argument("--pool", type=Path, default=cache_folder("trained-like", "pool"))
    parser.add_argument("--shards", type=int, default=32, help="of the pool, about 44 images each")
    parser.add_argument("--steps", type=int, help="of each model, instead of its own number")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="one step of the smallest family: does it run?")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(
        "| model | steps | loss | abs_rel on rendered scenes | contrast | seconds |\n|---|---|---|---|---|---|",
        flush=True,
    )
    if options.quick:
        with TemporaryDirectory() as out:
            train(quick_recipe("fastdepth"), out=Path(out), least_contrast=0.0)
        return 0
    for name in options.models:
        if not (options.out / f"{name}.safetensors").exists():
            recipe = recipe_of(name, pool=options.pool, shards=options.shards, steps=options.steps)
            train(recipe, out=options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
