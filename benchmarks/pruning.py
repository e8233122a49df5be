"""What pruning, sparsity and clustering cost in accuracy: python benchmarks/pruning.py --data ../shared/data

    nice -n 10 python benchmarks/pruning.py --data ../shared/data [--parts train speed] [--seeds 0] [--json FILE]

Parents of the architectures of monodepth2 and hondo-nano-plain learn from fresh weights on rendered scenes and
RedKitchen's frames 0 to 899 in equal shares, at 64x96: more is not affordable on a CPU. Every compressed model learns
on from its parent, with the labels and the parent's maps; so that this is no advantage, the parent also learns on for
as long ("trained on"). abs_rel (median alignment) is of frames 900 to 999 and of other rendered scenes. Latency is
OpenVINO's in float32 at 192x640, alternating. What is finished is kept in --out.
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
from fast_dpt import Scenes, read_scenes, score

from hondo.compress.compressor import Tools
from hondo.compress.steps import compress, stage_of
from hondo.core.atomic import atomic_write
from hondo.core.report import Report, Row
from hondo.core.types import Size
from hondo.data.augment.augment import augment
from hondo.data.augment.augment_config import AugmentConfig
from hondo.data.loading.batches import ShuffledBatches
from hondo.data.loading.collate import collate
from hondo.data.loading.mixed_sets import MixedSets
from hondo.engines.load import load
from hondo.evaluate.speed.comparison import alternate_with
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.weights_file import save_model
from hondo.models.registry.build_model import build_model
from hondo.train.loop.checkpoint import RunFolder, seed_everything
from hondo.train.loop.loop import fit
from hondo.train.loop.loop_config import FabricConfig, LoopConfig, OptimConfig
from hondo.train.objectives.distilled import Distilled
from hondo.train.objectives.objective_config import DistillationConfig, SupervisedConfig
from hondo.train.objectives.supervised import Supervised

TRAINED_ON = "trained on"


@dataclass(frozen=True, kw_only=True)
class Family:
    """A parent and what is made of it, by a name for the table; "": the parent learns on."""

    model: str
    weights: str | None
    options: dict[str, Any] = field(default_factory=dict)
    steps: int  # of the parent's training
    variants: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is compared, and for how long."""

    families: dict[str, Family] = field(
        default_factory=lambda: {
            "monodepth2": Family(
                model="monodepth2", weights="random", steps=400,
                variants={TRAINED_ON: "", "channels -77 %": "prune=taylor:0.77", "4-bit clusters": "cluster=16"},
            ),
            "hondo-nano-plain": Family(
                model="hondo-nano-plain", weights="random", steps=400,
                variants={
                    TRAINED_ON: "", "90 % zeros": "sparse=magnitude:0.9:rounds=4", "4-bit clusters": "cluster=16",
                },
            ),
        }
    )  # fmt: skip
    size_hw: Size = (64, 96)  # of the training
    speed_hw: Size = (192, 640)
    seeds: Sequence[int] = (0, 1, 2)
    rendered: int = 200
    validated: int = 50
    further: int = 400  # steps of what is compressed
    round_steps: int = 40  # between the rounds of a step that has some
    batch_size: int = 8
    images: int = 32  # to score channels on
    engine: str = "openvino"
    rounds: int = 20
    precision: str = "auto"


CNN = {"encoder": "timm:test_resnet"}
QUICK = Plan(
    families={
        "monodepth2": Family(
            model="monodepth2", weights="random", options=CNN, steps=1,
            variants={TRAINED_ON: "", "channels": "prune=taylor:0.4", "zeros": "sparse=magnitude:0.9:rounds=2"},
        )
    },
    size_hw=(32, 32), speed_hw=(32, 32), seeds=(0,), rendered=2, validated=1, further=1, round_steps=1, batch_size=2,
    images=1, engine="torch", rounds=1, precision="32-true",
)  # fmt: skip


def trained(
    model: DepthModel,
    plan: Plan,
    scenes: Scenes,
    *,
    steps: int,
    seed: int,
    teacher: DepthModel | None,
    folder: Path | None = None,
) -> DepthModel:
    """The model after ``steps`` on the labels, and on a teacher's maps where there is one; goes on in ``folder``."""
    seed_everything(seed)
    change = partial(augment, config=AugmentConfig(flip=0.5, jitter=0.5))
    mixed = MixedSets(scenes.train, dict.fromkeys(scenes.train, 1.0))
    batches = ShuffledBatches(mixed, batch_size=plan.batch_size, collate=collate, augment=change, seed=seed, workers=1)
    if teacher is None:
        objective = Supervised(model, SupervisedConfig(terms={"scale_invariant": 1.0}))
    else:
        terms = {"scale_invariant": 1.0, "distil_log": 1.0}
        objective = Distilled(model, teacher, DistillationConfig(terms=terms))
    optim = OptimConfig(lr=1e-3, max_steps=steps, ema_decay=0.99)
    setup = FabricConfig(precision=plan.precision, channels_last=True)  # type: ignore[arg-type]
    loop, resume = LoopConfig(show_progress=False), folder is not None and RunFolder(folder).is_started
    fitted = fit(objective, batches, optim=optim, setup=setup, loop=loop, folder=folder, resume=resume)
    assert isinstance(fitted.model, DepthModel)
    return fitted.model.requires_grad_(True).eval()


class Bench:
    """Trains what is not kept yet, and scores it."""

    def __init__(self, plan: Plan, *, data: Path | None, out: Path) -> None:
        self.plan, self.data, self.out = plan, data, out
        self._scenes: Scenes | None = None

    @property
    def scenes(self) -> Scenes:
        """Read once, when they are needed."""
        self._scenes = self._scenes or read_scenes(self.plan, data=self.data)  # type: ignore[arg-type]
        return self._scenes

    def parent(self, name: str, *, seed: int) -> DepthModel:
        """The trained parent of a family."""
        family = self.plan.families[name]

        def make() -> DepthModel:
            seed_everything(seed)
            model = build_model(family.model, family.weights, **family.options, size_hw=self.plan.size_hw)
            assert isinstance(model, DepthModel)
            folder = self.out / f"{stem}-run"
            return trained(model, self.plan, self.scenes, steps=family.steps, seed=seed, teacher=None, folder=folder)

        stem = f"{name}-{seed}-parent"
        return self._kept(stem, make)

    def variant(self, name: str, variant: str, *, seed: int) -> DepthModel:
        """The parent after the steps of a variant, and further training."""
        steps = self.plan.families[name].variants[variant]

        def make() -> DepthModel:
            parent = self.parent(name, seed=seed)
            train = partial(trained, plan=self.plan, scenes=self.scenes, teacher=parent)
            start = self.out / f"{stem}-start.safetensors"
            if steps and not start.exists():
                short = partial(train, steps=self.plan.round_steps)
                made, stages = compress(parent, steps, tools=self.tools(short, seed))
                print(f"{name}, {variant}: {stages[-1].kept}", file=sys.stderr, flush=True)
                save_model(made, start, licence="Apache-2.0", training={})
            made = build_model(start) if steps else build_copy(parent)
            return train(made, steps=self.plan.further, seed=seed + 100, folder=self.out / f"{stem}-run")

        stem = f"{name}-{seed}-{variant.replace(' ', '-').replace('%', '')}"
        return self._kept(stem, make)

    def tools(self, train: Any, seed: int) -> Tools:
        """Images of both sets to score channels on, and a short training."""
        per_set = max(1, self.plan.images // len(self.scenes.train))
        samples = [sample for each in self.scenes.train.values() for sample in each[:: max(1, len(each) // per_set)]]
        images = [collate([sample]).image for sample in samples[: self.plan.images]]
        return Tools(images=images, retrain=lambda model: train(model, seed=seed + 200), seed=seed)

    def _kept(self, name: str, make: Any) -> DepthModel:
        file = self.out / f"{name}.safetensors"
        if not file.exists():
            begun = time.perf_counter()
            model = make()
            predictor = load(model, engine="torch", precision="fp32")
            scores = {each: score(predictor, samples) for each, samples in self.scenes.validation.items()}
            scores |= {"bytes": stage_of(model, "").bytes}
            print(f"{name}: {scores}, {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
            save_model(model, file, licence="Apache-2.0", training={"scores": scores})
            atomic_write(file.with_suffix(".json"), json.dumps(scores).encode())
        model = build_model(file)
        assert isinstance(model, DepthModel)
        return model

    def scores(self, name: str, variant: str, *, seed: int) -> dict[str, float]:
        """abs_rel of each set, and the bytes of the weights."""
        self.variant(name, variant, seed=seed) if variant else self.parent(name, seed=seed)
        stem = f"{name}-{seed}-{variant.replace(' ', '-').replace('%', '') or 'parent'}"
        return json.loads((self.out / f"{stem}.json").read_text())


def build_copy(model: DepthModel) -> DepthModel:
    """The same model to train on."""
    copied, _ = compress(model, f"size={model.input_spec.size_hw[0]}x{model.input_spec.size_hw[1]}")
    return copied


def accuracy(bench: Bench) -> list[Row]:
    """abs_rel of every model, mean over the seeds, and its change against the parent."""
    rows = []
    for name, family in bench.plan.families.items():
        found = {variant: [bench.scores(name, variant, seed=seed) for seed in bench.plan.seeds]
                 for variant in ("", *family.variants)}  # fmt: skip
        for variant, scores in found.items():
            subject = f"{name}: {variant}" if variant else f"**{name}**"
            for each in [key for key in scores[0] if key != "bytes"]:
                values, parent = [score[each] for score in scores], [score[each] for score in found[""]]
                changes = [100 * (value / before - 1) for value, before in zip(values, parent, strict=True)]
                rows.append(Row(name=f"abs_rel {each}", value=mean(values), better="lower", subject=subject))
                rows.append(Row(name=f"change {each}", value=mean(changes), unit="%", better="lower", subject=subject))
                spread = stdev(changes) if len(changes) > 1 else 0.0
                rows.append(Row(name=f"± {each}", value=spread, unit="%", subject=subject))
            megabytes = mean(score["bytes"] for score in scores) / 2**20
            rows.append(Row(name="weights", value=megabytes, unit="MiB", better="lower", subject=subject))
    return rows


def speed(bench: Bench) -> list[Row]:
    """Cost and latency of the parents and variants of the first seed at the larger size, called in turns."""
    rows, plan = [], bench.plan
    image = np.random.default_rng(0).integers(0, 255, (*plan.speed_hw, 3), dtype=np.uint8)
    for name, family in plan.families.items():
        seed = plan.seeds[0]
        models = {"": bench.parent(name, seed=seed)} | {
            variant: bench.variant(name, variant, seed=seed) for variant in family.variants if variant != TRAINED_ON
        }
        size = "x".join(map(str, plan.speed_hw))
        models = {variant: compress(model, f"size={size}")[0] for variant, model in models.items()}
        calls = {variant: partial(load(model, engine=plan.engine, precision="fp32"), image)
                 for variant, model in models.items()}  # fmt: skip
        first = calls.pop("")
        found = alternate_with(first, calls, warmup=2, runs=plan.rounds, seconds=60.0)
        for variant, model in models.items():
            subject, stage = f"{name}: {variant}" if variant else f"**{name}**", stage_of(model, "")
            timing = next(iter(found.values())).first if not variant else found[variant].second
            faster = 1.0 if not variant else 1 / found[variant].ratio
            rows += [
                Row(name="MACs", value=stage.macs / 1e9, unit="G", better="lower", subject=subject),
                Row(name="parameters", value=stage.parameters / 1e6, unit="M", better="lower", subject=subject),
                Row(name="zeros", value=100 * (1 - stage.nonzero / stage.parameters), unit="%", subject=subject),
                Row(name="latency", value=timing.median_ms, unit="ms", better="lower", subject=subject),
                Row(name="speed-up", value=faster, better="higher", subject=subject),
            ]
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder with RedKitchen; without it, rendered scenes alone")
    parser.add_argument("--parts", nargs="+", choices=("train", "speed"), default=("train", "speed"))
    parser.add_argument("--families", nargs="+")
    parser.add_argument("--seeds", nargs="+", type=int)
    parser.add_argument("--out", type=Path, default=Path("runs/pruning"))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true", help="a tiny model and one step")
    given = parser.parse_args()
    plan = QUICK if given.quick else Plan()
    plan = replace(plan, seeds=tuple(given.seeds)) if given.seeds else plan
    if given.families:
        plan = replace(plan, families={name: plan.families[name] for name in given.families})
    with TemporaryDirectory() as scratch:
        bench = Bench(plan, data=given.data, out=Path(scratch) if given.quick else given.out)
        rows = [*(speed(bench) if "speed" in given.parts else []), *(accuracy(bench) if "train" in given.parts else [])]
    notes = (
        f"latency: {plan.engine}, fp32, {plan.speed_hw[0]}x{plan.speed_hw[1]}",
        f"training: {plan.further} steps of {plan.batch_size} images at {plan.size_hw[0]}x{plan.size_hw[1]} after "
        f"compression, learning from labels and the parent; seeds {plan.seeds}",
    )
    report = Report(title="Pruning", rows=tuple(rows), protocol="dense, median alignment", notes=notes)
    print(report.to_markdown())
    if given.json is not None:
        atomic_write(given.json, report.to_json().encode())


if __name__ == "__main__":
    main()
