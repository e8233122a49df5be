"""thesis36 (its speed part) or vtdepth for docs/study.md: runs or resumes it, then copies tables and figures to docs.

    python benchmarks/study.py --threads 2             # the speed of thesis36: minutes on a quiet machine
    python benchmarks/study.py vtdepth                 # six architectures on rendered walks: half an hour
    python benchmarks/study.py --quick                 # two tiny trials, nothing kept

dpt-fast is measured beside them, for the Pareto front of benchmarks/study_accuracy.py.
`--subset` leaves 24 heads and the hooks in the middle out: 32 of 72 trials, with every published direction.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from hondo.recipes.search.run_study import StudyRun, run_study
from hondo.recipes.search.search_space import Factor, Level, Study
from hondo.recipes.search.studies.named_study import study_named, with_speed

ROOT = Path(__file__).resolve().parents[1]
FAST = "dpt-fast"  # its folder in that of the study
LEFT_OUT = ("24 heads", "hooks 2,5")
TINY = {"encoder": {"model.options.encoder": "timm:test_vit", "model.options.features": 16}, "hooks": {}}
# Of a study's folder: reports and figures, by their names in docs.
REPORTS = {
    "thesis36": {"report": "study", "mean_effects": "study_effects", "published_and_here": "study_thesis"},
    "vtdepth": {"report": "study_vtdepth"},
}
FIGURES = {
    "thesis36": {"fps_by_factor": "study_fps_by_factor", "cost": "study_cost", "effects": "study_effects"},
    "vtdepth": {"curves": "study_vtdepth_curves", "pareto": "study_vtdepth_pareto"},
}


def subset(study: Study) -> Study:
    """Every factor, with the levels that the published directions are about."""
    return without(study, LEFT_OUT)


def without(study: Study, levels: Collection[str]) -> Study:
    """The study without the levels of these labels."""
    factors = [
        replace(factor, levels=tuple(level for level in factor.levels if level.label not in levels))
        for factor in study.factors
        if isinstance(factor, Factor)
    ]
    return replace(study, factors=tuple(factors))


def quick(study: Study) -> Study:
    """Two trials, a tiny network at two sizes: what a test can wait for."""
    factors = []
    for factor in study.factors:
        assert isinstance(factor, Factor)
        kept = replace(factor.levels[-1], changes=TINY.get(factor.name, factor.levels[-1].changes))
        factors.append(replace(factor, levels=(kept,)))
        if factor.name == "input":
            sizes = zip(factor.levels, ((64, 96), (32, 64)), strict=True)
            levels = tuple(replace(level, changes={"model.options.size_hw": size}) for level, size in sizes)
            factors[-1] = replace(factor, levels=levels)
    assert study.speed is not None
    return replace(study, factors=tuple(factors), speed=replace(study.speed, runs=2))


def of_fast(study: Study) -> Study:
    """dpt-fast at the smaller input, measured as the trials of ``study`` are."""
    inputs, precision = (factor for factor in study.factors if factor.name in ("input", "precision"))
    assert isinstance(inputs, Factor)
    model = Factor(name="model", levels=(Level(label="dpt-fast", changes={"model.name": "dpt-fast"}),))
    return replace(study, factors=(model, replace(inputs, levels=inputs.levels[-1:]), precision), claims=None)


def copy_to_docs(name: str, out: Path, docs: Path) -> None:
    """The reports and figures of the study's folder, by the names that docs/study.md has for them."""
    for folder in (docs / "reports", docs / "images"):
        folder.mkdir(parents=True, exist_ok=True)
    for source, target in REPORTS[name].items():
        shutil.copy(out / f"{source}.json", docs / "reports" / f"{target}.json")
    for source, target in FIGURES[name].items():
        shutil.copy(out / "figures" / f"{source}.png", docs / "images" / f"{target}.png")


def main(arguments: list[str] | None = None) -> StudyRun:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", nargs="?", default="thesis36", choices=tuple(REPORTS))
    parser.add_argument("--out", type=Path, help="default: studies/STUDY")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    parser.add_argument("--engine", default="torch")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", nargs="+", default=[])
    parser.add_argument("--subset", action="store_true")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args(arguments)
    change = quick if given.quick else subset if given.subset else lambda study: study
    study = change(study_named(given.study))
    study = with_speed(study, engine=given.engine, threads=given.threads, precisions=tuple(given.precision))
    first = with_speed(study, precisions=tuple(given.precision[:1]))  # finished before the others begin

    def tell(outcome, done: int, total: int) -> None:
        print(f"[{done}/{total}] {outcome.name}: {outcome.results.get('fps', 0):.3g} FPS", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) if given.quick else given.out or Path("studies") / given.study
        docs = out / "docs" if given.quick else given.docs
        if given.study == "thesis36" and not given.quick:
            run_study(of_fast(study), out=out / FAST, on_outcome=tell)
        if len(given.precision) > 1:
            run_study(first, out=out, on_outcome=tell)
        found = run_study(study, out=out, on_outcome=tell)
        copy_to_docs(given.study, out, docs)
        print(found.report.read_text())
    return found


if __name__ == "__main__":
    sys.exit(1 if main().failed else 0)
