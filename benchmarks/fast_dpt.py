"""dpt-fast against the thesis's model A: how fast, and how accurate after the same short training.

    nice -n 10 python benchmarks/fast_dpt.py --data ../shared/data [--parts train speed] [--json FILE]

Both start from fresh weights and see the same batches: rendered scenes and RedKitchen's frames 0 to 899, in equal
shares at 64x96, since a CPU cannot afford more steps of 67 GMAC. abs_rel (median alignment) is of frames 900 to 999
and of other rendered scenes. The speed is OpenVINO's in float32 at 640x192, alternating. A finished training is kept
in --out.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from hondo.core.atomic import atomic_write
from hondo.core.report import Report, Row
from hondo.core.sample import Sample
from hondo.core.types import Size
from hondo.data.augment.augment import augment
from hondo.data.augment.augment_config import AugmentConfig
from hondo.data.datasets.rgbd import Rgbd
from hondo.data.loading.batches import ShuffledBatches
from hondo.data.loading.collate import collate
from hondo.data.loading.mixed_sets import MixedSets
from hondo.engines.load import load
from hondo.evaluate.accuracy.evaluation import evaluate
from hondo.evaluate.speed.comparison import alternate_with
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.macs import count_macs, count_parameters
from hondo.models.registry.build_model import build_model
from hondo.synthetic.scenes import SyntheticScenes
from hondo.train.loop.checkpoint import seed_everything
from hondo.train.loop.loop import fit
from hondo.train.loop.loop_config import LoopConfig, OptimConfig
from hondo.train.objectives.objective_config import SupervisedConfig
from hondo.train.objectives.supervised import Supervised

MODEL_A, FAST = "dpt-thesis A", "dpt-fast"
TRAIN_BELOW = 900  # frames of RedKitchen; the rest validates


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is compared, and for how long."""

    models: dict[str, tuple[str, dict[str, Any]]] = field(
        default_factory=lambda: {
            MODEL_A: ("dpt-thesis", {"hooks": (0, 1), "num_heads": 1, "head": "sigmoid"}),
            FAST: ("dpt-fast", {}),
        }
    )
    size_hw: Size = (64, 96)  # of the training
    speed_hw: Size = (192, 640)
    seeds: Sequence[int] = (0, 1, 2)
    rendered: int = 200
    validated: int = 50
    steps: int = 100
    batch_size: int = 4
    engine: str = "openvino"
    rounds: int = 12


TINY = {"encoder": "mobilenetv4_conv_small+vit_tiny_patch16_224", "features": 8}
QUICK = Plan(
    models={MODEL_A: ("dpt-thesis", TINY | {"hooks": (0, 1)}), FAST: ("dpt-fast", TINY)}, size_hw=(32, 32),
    speed_hw=(32, 32), seeds=(0,), rendered=2, validated=1, steps=1, batch_size=2, engine="torch", rounds=1,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Scenes:
    """Samples by set, in memory."""

    train: dict[str, list[Sample]]
    validation: dict[str, list[Sample]]


def read_scenes(plan: Plan, *, data: Path | None) -> Scenes:
    """Rendered scenes, and RedKitchen where its folder is given."""
    rendered = {seed: list(SyntheticScenes(length=count, seed=seed, size_hw=plan.size_hw)[:])
                for seed, count in ((11, plan.rendered), (12, plan.validated))}  # fmt: skip
    train, validation = {"rendered": rendered[11]}, {"rendered": rendered[12]}
    if data is not None:
        frames = list(Rgbd(root=str(data), only="redkitchen", size_hw=plan.size_hw))
        is_train = [int(Path(sample.origin).stem) < TRAIN_BELOW for sample in frames]
        train["redkitchen"] = [frame for frame, yes in zip(frames, is_train, strict=True) if yes]
        validation["redkitchen"] = [frame for frame, yes in zip(frames, is_train, strict=True) if not yes]
    return Scenes(train=train, validation=validation)


def train(name: str, plan: Plan, scenes: Scenes, *, seed: int) -> dict[str, float]:
    """One model from fresh weights; its abs_rel on every validation set."""
    seed_everything(seed)
    model = built(name, plan, size_hw=plan.size_hw)
    change = partial(augment, config=AugmentConfig(flip=0.5, jitter=0.5))
    mixed = MixedSets(scenes.train, dict.fromkeys(scenes.train, 1.0))
    batches = ShuffledBatches(mixed, batch_size=plan.batch_size, collate=collate, augment=change, seed=seed, workers=1)
    objective = Supervised(model, SupervisedConfig(terms={"scale_invariant": 1.0}))
    optim = OptimConfig(lr=3e-4, max_steps=plan.steps, ema_decay=None)
    begun = time.perf_counter()
    fitted = fit(objective, batches, optim=optim, loop=LoopConfig(show_progress=False))
    predictor = load(fitted.model.eval(), engine="torch", precision="fp32")
    scores = {each: score(predictor, samples) for each, samples in scenes.validation.items()}
    return scores | {"loss": fitted.loss, "seconds": time.perf_counter() - begun}


def score(predictor: Any, samples: Sequence[Sample]) -> float:
    report = evaluate(predictor, samples, protocol="dense", align="median")
    return next(row.value for row in report.rows if row.name == "abs_rel")


def built(name: str, plan: Plan, *, size_hw: Size) -> DepthModel:
    model, options = plan.models[name]
    made = build_model(model, "random", **options, size_hw=size_hw)
    assert isinstance(made, DepthModel)
    return made


def accuracy(plan: Plan, *, data: Path | None, out: Path) -> list[Row]:
    """abs_rel of every model, its mean and standard deviation over the seeds."""
    scenes, found = None, {name: [] for name in plan.models}
    for seed in plan.seeds:
        for name in plan.models:
            kept = out / f"{name.replace(' ', '-')}-{seed}-{plan.steps}.json"
            if not kept.exists():
                scenes = scenes or read_scenes(plan, data=data)
                atomic_write(kept, json.dumps(train(name, plan, scenes, seed=seed)).encode())
                print(f"{name}, seed {seed}: {kept.read_text()}", file=sys.stderr, flush=True)
            found[name].append(json.loads(kept.read_text()))
    rows = []
    for name, scores in found.items():
        for each in [key for key in scores[0] if key in ("rendered", "redkitchen")]:
            values = [score[each] for score in scores]
            rows.append(Row(name=f"abs_rel {each}", value=mean(values), better="lower", subject=name))
            spread = stdev(values) if len(values) > 1 else 0.0
            rows.append(Row(name=f"± {each}", value=spread, subject=name))
    return rows


def speed(plan: Plan) -> list[Row]:
    """Cost and latency of both at the size of the thesis, called in turns."""
    models = {name: built(name, plan, size_hw=plan.speed_hw).eval() for name in plan.models}
    image = np.random.default_rng(0).integers(0, 255, (*plan.speed_hw, 3), dtype=np.uint8)
    calls = {name: partial(load(model, engine=plan.engine, precision="fp32"), image) for name, model in models.items()}
    found = alternate_with(calls[MODEL_A], {FAST: calls[FAST]}, warmup=1, runs=plan.rounds, seconds=4.0 * plan.rounds)[
        FAST
    ]
    times = {MODEL_A: found.first, FAST: found.second}
    rows = []
    for name, model in models.items():
        rows += [
            Row(name="MACs", value=count_macs(model) / 1e9, unit="G", better="lower", subject=name),
            Row(name="parameters", value=count_parameters(model) / 1e6, unit="M", better="lower", subject=name),
            Row(name="latency", value=times[name].median_ms, unit="ms", better="lower", subject=name),
            Row(name="speed-up", value=1.0 if name == MODEL_A else 1 / found.ratio, better="higher", subject=name),
        ]
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder with RedKitchen; without it, rendered scenes alone")
    parser.add_argument("--parts", nargs="+", choices=("train", "speed"), default=("train", "speed"))
    parser.add_argument("--seeds", nargs="+", type=int)
    parser.add_argument("--out", type=Path, default=Path("runs/fast-dpt"))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true", help="tiny models and one step")
    given = parser.parse_args()
    plan = QUICK if given.quick else Plan()
    plan = replace(plan, seeds=tuple(given.seeds)) if given.seeds else plan
    rows = []
    if "speed" in given.parts:
        rows += speed(plan)
    if "train" in given.parts:
        with TemporaryDirectory() as scratch:
            rows += accuracy(plan, data=given.data, out=Path(scratch) if given.quick else given.out)
    trained = (
        f"{plan.steps} steps of {plan.batch_size} images at {plan.size_hw[0]}x{plan.size_hw[1]}, seeds {plan.seeds}"
    )
    notes = (
        f"latency: {plan.engine}, fp32, {plan.speed_hw[0]}x{plan.speed_hw[1]}",
        f"trained from fresh weights: {trained}",
    )
    report = Report(title="dpt-fast", rows=tuple(rows), protocol="dense, median alignment", notes=notes)
    print(report.to_markdown())
    if given.json is not None:
        atomic_write(given.json, report.to_json().encode())


if __name__ == "__main__":
    main()
