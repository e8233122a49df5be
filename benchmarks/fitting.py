"""Distillation, training in int8 and `hondo fit` on rendered scenes and RedKitchen: what each gains.

    nice -n 10 python benchmarks/fitting.py --data ../shared/data [--parts distil qat fit dpt] [--json FILE] [--quick]

distil: hondo-small teaches hondo-nano-plain (whose weights are a part of its own) on RedKitchen's frames 0 to 899
without labels; abs_rel of frames 900 to 999, median alignment. qat: int8 files of hondo-nano-plain without float layers
(OpenVINO), plain and trained: abs_rel of the depth to the float model's. fit: `hondo fit` with a budget; the frame rate
that it promises, and that of the file measured again. A part that is finished is kept in --out.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, stdev
from tempfile import TemporaryDirectory

from hondo.core.atomic import atomic_write
from hondo.core.report import Report, Row
from hondo.core.sample import Sample
from hondo.core.types import Size
from hondo.data.datasets.rgbd import Rgbd
from hondo.data.loading.fit_sample import fit_sample
from hondo.engines.base.engine import ExportOptions, LoadOptions
from hondo.engines.load import load
from hondo.engines.quantization.calibration import QuantizationOptions, calibration_of
from hondo.engines.registry import ENGINES
from hondo.evaluate.accuracy.evaluation import evaluate, image_of
from hondo.evaluate.speed.latency import BenchConfig, bench
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.weights_file import save_model
from hondo.models.registry.build_model import build_model
from hondo.recipes.compression.qat import QatConfig, train_quantized
from hondo.recipes.compression.teach import TeachConfig, teach
from hondo.recipes.fitting.fit_target import FitTarget
from hondo.recipes.fitting.fit_truth import own_truth
from hondo.recipes.fitting.run_fit import fit_model
from hondo.synthetic.scenes import SyntheticScenes

TRAIN_BELOW = 900  # frames of RedKitchen; the rest validates
PART = "network.nano."  # of hondo-small: the network of hondo-nano-plain


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is done."""

    size_hw: Size = (192, 256)
    seeds: Sequence[int] = (0, 1, 2)
    frames: int = 200  # that are learned from
    validated: int = 50
    distil_steps: int = 200
    qat_steps: int = 120
    batch_size: int = 4
    engine: str = "openvino"
    fits: tuple[tuple[str, float, float], ...] = (("hondo-nano", 60.0, 75.0),)  # model, FPS, seconds
    dpt_hw: Size = (192, 640)


QUICK = Plan(size_hw=(64, 64), seeds=(0,), frames=8, validated=2, distil_steps=1, qat_steps=1, batch_size=2,
             fits=(("hondo-nano", 1.0, 2.0),))  # fmt: skip


def plain_model() -> DepthModel:
    """hondo-nano-plain with its trained weights, which ship as a part of hondo-small."""
    whole, made = build_model("hondo-small"), build_model("hondo-nano-plain", "random")
    weights = {f"network.{key.removeprefix(PART)}": each for key, each in whole.state_dict().items() if PART in key}
    made.load_state_dict(weights)
    assert isinstance(made, DepthModel)
    return made.eval()


def frames(plan: Plan, data: Path | None) -> tuple[list[Sample], list[Sample]]:
    """To learn from, and to validate: RedKitchen, or rendered scenes where its folder is not given."""
    if data is None:
        scenes = list(SyntheticScenes(length=plan.frames + plan.validated, seed=3, size_hw=plan.size_hw)[:])
        return scenes[: plan.frames], scenes[plan.frames :]
    every = list(range(500))
    pairs = Rgbd(root=str(data), only="redkitchen")
    is_train = [int(Path(origin).stem) < TRAIN_BELOW for origin in pairs.origins]
    train = [index for index in every if is_train[index]]
    held = [index for index in every if not is_train[index]]
    step = max(1, len(train) // plan.frames)
    return ([fit_sample(pairs[index], plan.size_hw) for index in train[::step]],
            [fit_sample(pairs[index], plan.size_hw) for index in held[: plan.validated]])  # fmt: skip


def score(model: DepthModel, samples: Sequence[Sample]) -> float:
    """abs_rel, median alignment."""
    predictor = load(model, engine="torch", precision="fp32")
    report = evaluate(predictor, samples, protocol="dense", align="median")
    return next(row.value for row in report.rows if row.name == "abs_rel")


def distil(plan: Plan, data: Path | None, out: Path) -> list[Row]:
    """A teacher, its student before, and after learning without labels."""
    train, held = frames(plan, data)
    unlabelled = [Sample(image=sample.image, origin=sample.origin) for sample in train]
    teacher, before, after = build_model("hondo-small"), score(plain_model(), held), []
    assert isinstance(teacher, DepthModel)
    for seed in plan.seeds:
        known = out / f"distil-{plan.distil_steps}-{seed}.txt"
        if known.exists():
            after.append(float(known.read_text()))
            continue
        student = plain_model()
        config = TeachConfig(steps=plan.distil_steps, batch_size=plan.batch_size, seed=seed, lr=2e-4, freeze_norm=True)
        teach(student, teacher, unlabelled, config, size_hw=plan.size_hw, teacher_size_hw=plan.size_hw)
        after.append(score(student, held))
        atomic_write(known, str(after[-1]).encode())
        print(f"distil, seed {seed}: {before:.4f} -> {after[-1]:.4f}", file=sys.stderr, flush=True)
    subjects = {"teacher: hondo-small": [score(teacher, held)], "hondo-nano-plain": [before], "distilled": after}
    rows = []
    for subject, values in subjects.items():
        spread = stdev(values) if len(values) > 1 else 0.0
        rows += [
            Row(name="abs_rel", value=mean(values), better="lower", subject=subject),
            Row(name="± abs_rel", value=spread, subject=subject),
            Row(name="less error", value=100 * (1 - mean(values) / before), unit="%", better="higher", subject=subject),
        ]
    return rows


def qat(plan: Plan, data: Path | None) -> list[Row]:
    """int8 files without float layers: plain, and trained in int8."""
    train, held = frames(plan, data)
    model, engine, size_hw = plain_model(), ENGINES[plan.engine], plan.size_hw
    images = [image_of(sample) for sample in held]
    truth = own_truth(load(model, engine="torch", precision="fp32", size_hw=size_hw), images)
    calibration = calibration_of([image_of(s) for s in train[:: max(1, len(train) // 48)]], spec=model.input_spec,
                                 size_hw=size_hw)  # fmt: skip
    rows = []

    def loss_of(options: ExportOptions, exported: DepthModel, folder: Path) -> float:
        path = engine.export(exported, folder / f"m{engine.suffix}", options)
        with engine.load(path, LoadOptions(device="cpu")) as predictor:
            return 100 * truth.error(predictor)

    with TemporaryDirectory() as scratch:
        plain = QuantizationOptions(calibration=calibration, max_abs_rel_error=float("inf"))
        options = ExportOptions(size_hw=size_hw, precision="int8", quantization=plain)
        losses = {"plain int8": loss_of(options, model, Path(scratch))}
        for steps, name in ((1, "ranges alone"), (plan.qat_steps, "trained in int8")):
            lr = 1e-9 if steps == 1 else QatConfig.lr
            config = QatConfig(steps=steps, batch_size=plan.batch_size, lr=lr)
            trained = train_quantized(model, train, config, size_hw=size_hw)
            options = ExportOptions(size_hw=size_hw, precision="int8", trained_int8=trained.facts)
            losses[name] = loss_of(options, trained.model, Path(scratch))
        for name, loss in losses.items():
            rows.append(Row(name="loss of int8", value=loss, unit="%", better="lower", subject=name))
    return rows


def fit_part(plan: Plan, data: Path | None, out: Path) -> list[Row]:
    """A search without data, and its promise."""
    rows = []
    for model, fps, seconds in plan.fits:
        found = fit_model(model, FitTarget(fps=fps), out=out / f"{model}-{fps:g}", budget_s=seconds,
                          say=lambda line: print(line, file=sys.stderr, flush=True))  # fmt: skip
        with load(found.winner.path, precision="fp32") as predictor:
            spec = predictor.input_spec
            again = bench(
                predictor, config=BenchConfig(size_hw=spec.size_hw, image_hw=(192, 256), runs=60, seconds=8.0)
            )
        subject = f"{model} at {fps:g} FPS"
        rows += [
            Row(name="promised", value=found.winner.promised_fps, unit="1/s", better="higher", subject=subject),
            Row(name="measured again", value=again.fps, unit="1/s", better="higher", subject=subject),
            Row(name="holds", value=100 * again.fps / max(fps, 1e-9), unit="% of asked", better="higher",
                subject=subject),
            Row(name="error", value=found.winner.result.error, better="lower", subject=subject),
            Row(name="variants", value=len(found.results), subject=subject),
        ]  # fmt: skip
        print(found.sentence, file=sys.stderr, flush=True)
    return rows


def dpt(plan: Plan, data: Path | None, out: Path) -> list[Row]:
    """dpt-fast's parent with random weights at 640x192: whether any variant reaches 30 FPS (nothing is trained)."""
    parent = out / "dpt-parent.safetensors"
    if not parent.exists():
        model = build_model("dpt-fast", "random", size_hw=plan.dpt_hw)
        save_model(model, parent, licence="Apache-2.0", training={})
    found = fit_model(str(parent), FitTarget(fps=30.0, size_hw=plan.dpt_hw), out=out / "dpt-30", budget_s=75.0,
                      say=lambda line: print(line, file=sys.stderr, flush=True))  # fmt: skip
    print(found.sentence, file=sys.stderr, flush=True)
    subject = "dpt-fast at 30 FPS, 192x640"
    return [
        Row(name="promised", value=found.winner.promised_fps, unit="1/s", better="higher", subject=subject),
        Row(name="measured again", value=found.winner.again_fps, unit="1/s", better="higher", subject=subject),
        Row(name="holds", value=100 * found.winner.again_fps / 30, unit="% of asked", better="higher", subject=subject),
    ]


def kept(out: Path, name: str, make: Callable[[], list[Row]]) -> list[Row]:
    """The rows of a part, made once."""
    path = out / f"{name}.json"
    if not path.exists():
        report = Report(title=name, rows=tuple(make()))
        atomic_write(path, report.to_json().encode())
    return list(Report.from_json(path.read_text()).rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder with RedKitchen; without it, rendered scenes")
    parser.add_argument("--parts", nargs="+", choices=("distil", "qat", "fit", "dpt"), default=("distil", "qat", "fit"))
    parser.add_argument("--seeds", nargs="+", type=int)
    parser.add_argument("--out", type=Path, default=Path("runs/fitting"))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true", help="a step of each on few small images")
    given = parser.parse_args()
    plan = QUICK if given.quick else Plan()
    plan = replace(plan, seeds=tuple(given.seeds)) if given.seeds else plan
    rows = []
    with TemporaryDirectory() as scratch:
        out = Path(scratch) if given.quick else given.out
        out.mkdir(parents=True, exist_ok=True)
        made: dict[str, Callable[[], list[Row]]] = {
            "distil": lambda: distil(plan, given.data, out),
            "qat": lambda: qat(plan, given.data),
            "fit": lambda: fit_part(plan, given.data, out),
            "dpt": lambda: dpt(plan, given.data, out),
        }
        for part in given.parts:
            rows += kept(out, part, made[part])
    place = "RedKitchen" if given.data else "rendered scenes"
    notes = (
        f"distil: {plan.distil_steps} steps of {plan.batch_size} images of {place} without labels, seeds {plan.seeds}, "
        "teacher with mirrored images; abs_rel of other frames, median alignment",
        f"int8: hondo-nano-plain on {plan.engine}, no float layer, {plan.qat_steps} steps; abs_rel to float",
    )
    report = Report(title="Distillation, int8 training, hondo fit", rows=tuple(rows), notes=notes)
    print(report.to_markdown())
    if given.json is not None:
        atomic_write(given.json, report.to_json().encode())


if __name__ == "__main__":
    main()
