"""thesis36: the 36 hybrids of Sanchez' thesis at its two input sizes, its directions beside what this machine measures.

Sanchez 2022 (github.com/guillesanbri/DPT), measured on an RTX 3070 in mixed precision; numbers as published there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hondo.data.datasets.dataset_configs import RgbdData, SyntheticData
from hondo.recipes.recipe import BatchesConfig, EvaluateConfig, Recipe
from hondo.recipes.search.main_effects import finished, paired_ratio, speed_number
from hondo.recipes.search.search_space import Claim, Factor, Level, SpeedConfig, Study
from hondo.recipes.search.trial_log import Outcome
from hondo.recipes.supervised_recipes import dpt_kitti
from hondo.recipes.tiny_recipes import SIZE
from hondo.train.loop.loop_config import FabricConfig, OptimConfig
from hondo.train.objectives.objective_config import SupervisedConfig

ENCODERS = {"ResNet-50": "resnet50", "EfficientNet-B0": "efficientnet_b0"}
ATTENTIONS = {"standard": "softmax", "Performer": "performer"}
HEADS, HOOKS = (12, 24, 1), ((8, 11), (2, 5), (0, 1))
INPUTS = {"1216x352": (352, 1216), "640x192": (192, 640)}
PRECISIONS = ("fp32", "bf16")
LARGE, SMALL = INPUTS
SYNTHETIC_STEPS, SYNTHETIC_BATCH, SYNTHETIC_LR = 40, 4, 1e-4  # at a higher rate fresh hybrids die
RENDERED = 200  # scenes
TRAIN, VALIDATION = "train.csv", "validation.csv"  # manifests of a folder of images with depth
SECONDS = 4.0  # of timing a trial: 72 of them take less than 20 minutes on two cores


def thesis36(data: str | None) -> Study:
    """Speed alone, which needs no data; with ``data`` each is trained and scored.

    ``data``: KITTI's folder; "synthetic": a few steps on small rendered scenes, all at one size; a folder with the
    manifests train.csv and validation.csv (image, depth, divide_by): as many steps on the one, scored on the other.
    """
    recipe = replace(dpt_kitti(), loop=replace(dpt_kitti().loop, show_progress=False))
    real = Path(data) if data is not None and (Path(data) / TRAIN).is_file() else None
    inputs = INPUTS
    if data == "synthetic" or real is not None:
        recipe, inputs = on_small_scenes(recipe, real=real), {SMALL: INPUTS[SMALL]}
    elif data is not None:
        test = replace(recipe.data, root=data, split="eigen/test")
        score = EvaluateConfig(data=test, protocol="kitti-eigen-annotated-garg", align="none")
        recipe = replace(recipe, data=replace(recipe.data, root=data), evaluate=score)
    options = "model.options."
    is_kitti = data is not None and inputs is INPUTS
    sizes = [Level(label=name, changes={f"{options}size_hw": size} | ({"data.size_hw": size} if is_kitti else {}))
             for name, size in inputs.items()]  # fmt: skip
    factors = (
        Factor(name="encoder", levels=_levels(f"{options}encoder", ENCODERS)),
        Factor(name="attention", levels=_levels(f"{options}attention", ATTENTIONS)),
        Factor(name="heads", levels=_levels(f"{options}num_heads", {f"{n} head{'s' * (n > 1)}": n for n in HEADS})),
        Factor(name="hooks", levels=_levels(f"{options}hooks", {f"hooks {a},{b}": (a, b) for a, b in HOOKS})),
        Factor(name="input", levels=tuple(sizes)),
        Factor(name="precision", levels=_levels("speed.precision", {name: name for name in PRECISIONS[:1]})),
    )
    return Study(
        name="thesis36",
        recipe=recipe,
        factors=factors,
        train=data is not None,
        speed=SpeedConfig(seconds=SECONDS),
        by="fps" if data is None else "abs_rel",
        claims=claims,
    )


def _levels(path: str, values: Mapping[str, object]) -> tuple[Level, ...]:
    return tuple(Level(label=label, changes={path: value}) for label, value in values.items())


def on_small_scenes(recipe: Recipe, *, real: Path | None) -> Recipe:
    """A short training on small images, from fresh weights: it shows the study at work, and ranks nothing for KITTI.

    On rendered scenes, or on the train.csv of the folder ``real``, and scored on its validation.csv.
    """
    train, score = SyntheticData(length=RENDERED, size_hw=SIZE), SyntheticData(length=16, seed=12_345, size_hw=SIZE)
    if real is not None:
        train, score = (RgbdData(root=str((real / name).absolute()), size_hw=SIZE) for name in (TRAIN, VALIDATION))
    return replace(
        recipe,
        data=train,
        model=replace(recipe.model, weights="random", start=None, options={"head": "sigmoid"}),
        objective=SupervisedConfig(terms={"scale_invariant": 1.0}),
        batches=BatchesConfig(batch_size=SYNTHETIC_BATCH, cache=True),
        optim=OptimConfig(lr=SYNTHETIC_LR, max_steps=SYNTHETIC_STEPS),
        fabric=FabricConfig(precision="auto"),
        loop=replace(recipe.loop, validate_every=SYNTHETIC_STEPS, log_every=SYNTHETIC_STEPS // 3),
        evaluate=EvaluateConfig(data=score),
    )


def claims(outcomes: Sequence[Outcome]) -> tuple[Claim, ...]:
    """What the thesis found of each factor, its numbers, and those of these trials, in each precision."""
    precisions = list(dict.fromkeys(str(one.factors.get("precision", "")) for one in outcomes)) or [""]
    found = []
    for precision in precisions:
        alike = [one for one in outcomes if str(one.factors.get("precision", "")) == precision]
        found += _of_speed(alike, suffix=f", {precision}" if len(precisions) > 1 else "")
    return (
        *found,
        *(
            _claim(f"GMACs, ResNet-50, hooks {name}, {SMALL}", published, _gmacs(outcomes, f"hooks {name}"))
            for name, published in (("8,11", "106"), ("2,5", "83"), ("0,1", "68"))
        ),
    )


def _of_speed(outcomes: Sequence[Outcome], *, suffix: str) -> list[Claim]:
    number = speed_number(outcomes)

    def speedup(
        what: str, published: str, factor: str, change: tuple[str, str], *, where: dict[str, str], **bounds: float
    ) -> Claim:
        pair: dict[str, Any] = {"factor": factor, "to": change[0], "level": change[1], "where": where}
        ratios = {of: paired_ratio(outcomes, of=of, **pair) for of in ("fps", "fps_by_cpu")}
        judged = _claim(f"FPS, {what}{suffix}", published, ratios[number], **bounds)
        return replace(judged, here=ratios["fps"], by_cpu=ratios["fps_by_cpu"])

    hooks, heads, performer = ("hooks 8,11", "hooks 0,1"), ("12 heads", "1 head"), ("standard", "Performer")
    small, large = {"input": SMALL}, {"input": LARGE}
    small_12, large_12 = small | {"heads": heads[0]}, large | {"heads": heads[0]}
    slower = f"to Performer, 12 heads, {SMALL}: 481 tokens"
    return [
        speedup(f"hooks (8,11) → (0,1), {SMALL}", "x1.55", "hooks", hooks, where=small, at_least=1.5),
        speedup(f"hooks (8,11) → (0,1), {LARGE}", "x1.82", "hooks", hooks, where=large),
        speedup(f"input {LARGE} → {SMALL}", "x2.47", "input", (LARGE, SMALL), where={}, at_least=2.4),
        speedup("heads 12 → 1", "x1.03 to x1.26", "heads", heads, where={}, at_least=0.95, at_most=1.3),
        speedup(slower, "<1", "attention", performer, where=small_12, at_most=1.0),
        speedup(f"to Performer, 12 heads, {LARGE}: 1,673 tokens", ">1", "attention", performer, where=large_12),
    ]


def _gmacs(outcomes: Sequence[Outcome], hooks: str) -> float | None:
    """Of the standard ResNet-50 hybrids at the smaller input; the number of heads does not change it."""
    wanted = {"encoder": "ResNet-50", "attention": "standard", "hooks": hooks, "input": SMALL}
    found = [
        outcome.results["gmacs"]
        for outcome in finished(outcomes, having="gmacs")
        if wanted.items() <= outcome.factors.items()
    ]
    return float(np.mean(found)) if found else None


def _claim(
    what: str, published: str, here: float | None, *, at_least: float | None = None, at_most: float | None = None
) -> Claim:
    bounds = [f"at least {at_least:g}" if at_least is not None else "", f"at most {at_most:g}" if at_most else ""]
    has_target, holds = any(bounds), None
    if has_target and here is not None:
        holds = (at_least is None or here >= at_least) and (at_most is None or here <= at_most)
    return Claim(what=what, published=published, here=here, target=", ".join(filter(None, bounds)), holds=holds)
