"""What `hondo compress --finetune` recovers: dpt-fast is trained, changed step by step, and taught by what it was.

    python benchmarks/recover.py --data ../shared/data --json docs/reports/recover.json     # ten minutes on two cores

dpt-fast learns from rendered scenes and RedKitchen's frames 0 to 896 at 64x96, as in benchmarks/study_accuracy.py.
abs_rel (median alignment) is of frames 900 to 999, which neither training sees.
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from study_accuracy import SCENES, write_manifests

from hondo.core.atomic import atomic_write
from hondo.core.report import Report, Row
from hondo.engines.load import load
from hondo.evaluate.accuracy.evaluation import evaluate
from hondo.recipes.build_parts import build_samples
from hondo.recipes.compression.compress_file import compress_file
from hondo.recipes.pipeline import run
from hondo.recipes.recipe import Recipe
from hondo.recipes.search.studies.named_study import study_named
from hondo.train.loop.checkpoint import RunFolder

STEPS = ("width=0.5", "heads=3:norm", "attention=linear", "decoder=separable", "width=0.5 | decoder=separable")
TRAINED, FINETUNED, LR = 400, 150, 3e-4  # optimiser steps; the rate of fine-tuning
TINY = {"encoder": "mobilenetv4_conv_small+vit_tiny_patch16_224", "features": 8}


def base_recipe(data: str, *, is_quick: bool) -> Recipe:
    """The training of dpt-fast."""
    recipe = study_named("thesis36", data=data).recipe
    size_hw = (32, 32) if is_quick else recipe.data.size_hw
    options = recipe.model.options | {"size_hw": size_hw} | (TINY if is_quick else {})
    steps = 1 if is_quick else TRAINED
    if is_quick:
        short = {"size_hw": size_hw, "length": 2}
        score = replace(recipe.evaluate, data=replace(recipe.evaluate.data, **short))
        recipe = replace(recipe, data=replace(recipe.data, **short), evaluate=score)
    return replace(
        recipe,
        name="dpt-fast",
        model=replace(recipe.model, name="dpt-fast", options=options),
        optim=replace(recipe.optim, max_steps=steps),
        loop=replace(recipe.loop, validate_every=steps, checkpoint_every=steps),
    )


def abs_rel(model: Path | str, recipe: Recipe) -> float:
    """Of a model on the validation images."""
    predictor = load(str(model), engine="torch", precision="fp32")
    report = evaluate(predictor, build_samples(recipe.evaluate.data), protocol="dense", align="median")
    return next(row.value for row in report.rows if row.name == "abs_rel")


def rows(recipe: Recipe, out: Path, *, steps: tuple[str, ...]) -> list[Row]:
    """The model as it was, then each change: as it comes out, and after learning from the model as it was."""
    teacher = out / "teacher"
    if not RunFolder(teacher).report.exists():
        run(recipe, out=teacher)
    found = [Row(name="after the step", value=abs_rel(teacher, recipe), better="lower", subject="**as it was**")]
    taught = replace(
        recipe, name="recover", optim=replace(recipe.optim, lr=LR, max_steps=min(FINETUNED, recipe.optim.max_steps))
    )
    for number, step in enumerate(steps):
        for kind, given in (("after the step", None), ("after fine-tuning", taught)):
            file = out / f"{number}-{kind.replace(' ', '-')}.safetensors"
            if not file.exists():
                compress_file(str(teacher), step, file, finetune=given)
            value = abs_rel(file, recipe)
            found.append(Row(name=kind, value=value, better="lower", subject=step.replace(" | ", ", ")))
            print(f"{step}, {kind}: abs_rel {value:.4f}", file=sys.stderr, flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder of manifest.csv; without it, rendered scenes alone")
    parser.add_argument("--out", type=Path, default=Path("runs/recover"))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true", help="a tiny network, one step")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) if given.quick else given.out
        data = "synthetic" if given.data is None else str(write_manifests(given.data, SCENES))
        recipe = base_recipe(data, is_quick=given.quick)
        made = tuple(rows(recipe, out, steps=STEPS[:1] if given.quick else STEPS))
    notes = (f"trained for {TRAINED} steps of {recipe.batches.batch_size} images at 64x96, fine-tuned for {FINETUNED}",)
    report = Report(title="Recovery by hondo compress --finetune", rows=made, notes=notes)
    print(report.to_markdown())
    if given.json is not None:
        atomic_write(given.json, report.to_json().encode())


if __name__ == "__main__":
    main()
