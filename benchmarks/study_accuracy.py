"""The accuracy part of thesis36 for docs/study.md, with dpt-fast: silog by configuration, and the Pareto front.

    python benchmarks/study.py                                     # their speed, on a quiet machine
    python benchmarks/study_accuracy.py --data ../shared/data      # an hour on two cores; resumes; --subset: 16 of 36
    python benchmarks/study_accuracy.py --subset --without Performer ...       # the trials of some levels alone
    python benchmarks/study_accuracy.py --quick                    # tiny networks, one step, nothing kept

The 36 hybrids and dpt-fast learn from the same batches: rendered scenes and RedKitchen's frames 0 to 896 in equal
numbers, for a few steps at 64x96 from fresh weights. They are scored on the frames 900 to 999, with median alignment.
"""

import argparse
import csv
import shutil
import sys
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from study import FAST, TINY, subset, without

from hondo.core.atomic import atomic_write
from hondo.core.report import Report
from hondo.data.datasets.rgbd import write_rgbd
from hondo.evaluate.figures.draw_study import Measured, draw_by_configuration, draw_pareto
from hondo.recipes.search.main_effects import pareto
from hondo.recipes.search.run_study import run_study
from hondo.recipes.search.search_space import Factor, Level, Study
from hondo.recipes.search.studies.named_study import study_named
from hondo.recipes.search.studies.thesis36 import SMALL, TRAIN, VALIDATION
from hondo.recipes.search.study_report import effects_rows, study_report
from hondo.recipes.search.trial_log import Outcome, TrialLog
from hondo.recipes.tiny_recipes import SIZE
from hondo.synthetic.scenes import SyntheticScenes

ROOT = Path(__file__).resolve().parents[1]
TRAIN_BELOW = 900  # frames of RedKitchen; the rest validates
MODEL_A = ("ResNet-50", "standard", "1 head", "hooks 0,1")
SCENES = Path("studies/scenes")  # the manifests and what is rendered
RENDERED = 225  # scenes: as many as there are frames to train on
COMMON = ("image", "depth", "divide_by", "fx", "fy", "cx", "cy")  # columns of both manifests
TINY_FAST = {
    "model.options.encoder": "mobilenetv4_conv_small+vit_tiny_patch16_224",
    "model.options.features": 8,
}
COLUMNS = ("abs_rel", "silog", "delta1", "fps", "gmacs", "parameters_m")


def write_manifests(data: Path, folder: Path) -> Path:
    """train.csv: rendered scenes and every second frame of RedKitchen below 900; validation.csv: those from there."""
    rendered = folder / "rendered"
    if not (rendered / "manifest.csv").exists():
        write_rgbd(SyntheticScenes(length=RENDERED, seed=11, size_hw=SIZE), rendered)
    kitchen = [row for row in rows_of(data) if row["id"].startswith("redkitchen")]
    is_train = [int(Path(row["image"]).stem) < TRAIN_BELOW for row in kitchen]
    train = [row for row, below in zip(kitchen, is_train, strict=True) if below][::2]
    validation = [row for row, below in zip(kitchen, is_train, strict=True) if not below]
    for name, rows in ((TRAIN, [*rows_of(rendered), *train]), (VALIDATION, validation)):
        with (folder / name).open("w", newline="") as file:
            writer = csv.DictWriter(file, COMMON, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def rows_of(folder: Path) -> list[dict[str, str]]:
    """The rows of a folder's manifest, with absolute paths."""
    with (folder / "manifest.csv").open(newline="") as file:
        return [row | {key: str((folder / row[key]).resolve()) for key in ("image", "depth")}
                for row in csv.DictReader(file)]  # fmt: skip


def studies(data: str, *, is_quick: bool, is_subset: bool, left_out: Collection[str] = ()) -> dict[str, Study]:
    """The 36 hybrids (16 of them) and dpt-fast, trained alike; their speed is measured elsewhere."""
    study = replace(study_named("thesis36", data=data), speed=None, claims=None)
    study = without(subset(study) if is_subset else study, left_out)
    factors = tuple(factor for factor in study.factors if factor.name not in ("input", "precision"))
    recipe = study.recipe
    if is_quick:
        small = replace(recipe.data, size_hw=(32, 32), **({"length": 2} if data == "synthetic" else {}))
        score = replace(recipe.evaluate, data=replace(recipe.evaluate.data, size_hw=(32, 32), length=2))
        recipe = replace(recipe, data=small, evaluate=score, optim=replace(recipe.optim, max_steps=1))
        factors = (Factor(name="encoder", levels=(Level(label="tiny", changes=TINY["encoder"]),)), *factors[1:2])
    fast = Level(label=FAST, changes={"model.name": FAST} | (TINY_FAST if is_quick else {}))
    beside = replace(study, recipe=recipe, factors=(Factor(name="model", levels=(fast,)),))
    return {"hybrids": replace(study, recipe=recipe, factors=factors), FAST: beside}


def run_all(named: dict[str, Study], out: Path) -> list[Outcome]:
    """The outcomes of all trials; their models are not kept: each has half a gigabyte."""
    outcomes = []
    for name, study in named.items():

        def tell(outcome: Outcome, done: int, total: int, *, folder: Path = out / name) -> None:
            numbers = {key: round(value, 4) for key, value in outcome.results.items() if key in COLUMNS}
            print(f"[{done}/{total}] {outcome.name}: {numbers or outcome.error} ({outcome.seconds:.0f} s)",
                  file=sys.stderr, flush=True)  # fmt: skip
            shutil.rmtree(folder / "runs" / outcome.hash / "checkpoints", ignore_errors=True)

        outcomes += run_study(study, out=out / name, on_outcome=tell).outcomes
    return outcomes


def with_speed(outcomes: Sequence[Outcome], timed: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes with the speed of the same network at the smaller input in float32, where it was measured."""
    speeds = {
        tuple(value for name, value in each.factors.items() if name not in ("input", "precision")): each.results
        for each in timed
        if each.state == "finished" and {"input": SMALL, "precision": "fp32"}.items() <= each.factors.items()
    }
    return [
        replace(each, results=each.results | speeds.get(tuple(each.factors.values()), {}))
        for each in outcomes
        if each.state == "finished"
    ]


def report_of(study: Study, outcomes: Sequence[Outcome]) -> Report:
    """A row a configuration, the most accurate first."""
    optim, batches = study.recipe.optim, study.recipe.batches
    found = study_report(study, outcomes)
    rows = tuple(row for name in COLUMNS for row in found.rows if row.name == name)
    order = list(dict.fromkeys(row.subject for row in found.rows))
    rows = tuple(sorted(rows, key=lambda row: order.index(row.subject)))
    notes = (
        f"{optim.max_steps} steps of {batches.batch_size} images from fresh weights, one seed",
        "fps: torch, fp32, 640x192, 2 threads",
    )
    return replace(found, title="thesis36: accuracy", rows=rows, notes=notes)


def draw(outcomes: Sequence[Outcome], folder: Path) -> None:
    """accuracy.png, and pareto.png where the speed is known."""
    points = [
        Measured(
            factors={name: str(level) for name, level in each.factors.items()},
            numbers=each.results,
            label={MODEL_A: "model A of the thesis", (FAST,): FAST}.get(tuple(map(str, each.factors.values())), ""),
        )
        for each in outcomes
    ]
    labels = {"silog": "silog (lower is better)", "abs_rel": "abs_rel (lower is better)"}
    draw_by_configuration(points, labels, folder, name="accuracy")
    timed = [point for point in points if "fps" in point.numbers]
    if len(timed) > 1:
        on_front = pareto([(-point.numbers["fps"], point.numbers["abs_rel"]) for point in timed])
        axes = ("FPS at 640x192 (higher is better)", "abs_rel (lower is better)")
        draw_pareto(timed, on_front, folder, x="fps", y="abs_rel", labels=axes)


def main(arguments: list[str] | None = None) -> Report:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="the folder of manifest.csv; without it, rendered scenes alone")
    parser.add_argument(
        "--speed", type=Path, default=Path("studies/thesis36"), help="the folder of benchmarks/study.py"
    )
    parser.add_argument("--out", type=Path, default=Path("studies/thesis36-accuracy"))
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    parser.add_argument("--subset", action="store_true", help="16 of the 36, as benchmarks/study.py --subset")
    parser.add_argument("--without", nargs="+", default=[], metavar="LEVEL", help="levels that are left out")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        out, docs = (Path(scratch), Path(scratch) / "docs") if given.quick else (given.out, given.docs)
        data = "synthetic" if given.data is None else str(write_manifests(given.data, SCENES))
        named = studies(data, is_quick=given.quick, is_subset=given.subset, left_out=given.without)
        timed = [*TrialLog(given.speed).read(), *TrialLog(given.speed / FAST).read()]
        outcomes = with_speed(run_all(named, out), timed)
        report = report_of(named["hybrids"], outcomes)
        hybrids = [each for each in outcomes if "model" not in each.factors]
        effects = replace(report, title="Mean silog by factor", rows=effects_rows(hybrids, of="silog"))
        draw(outcomes, out / "figures")
        for name, each in (("study_accuracy", report), ("study_accuracy_effects", effects)):
            atomic_write(docs / "reports" / f"{name}.json", each.to_json().encode())
        (docs / "images").mkdir(parents=True, exist_ok=True)
        for figure in (out / "figures").glob("*.png"):
            shutil.copy(figure, docs / "images" / f"study_{figure.name}")
    print(report.to_markdown())
    return report


if __name__ == "__main__":
    main()
