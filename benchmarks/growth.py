"""How far the fleet grows: what a study's driver and a manifest cost, by 10,000 trials that do nothing (docs/fleet.md).

    python benchmarks/growth.py --json docs/reports/growth.json        # two minutes; no Ray: the driver's own code
    python benchmarks/growth.py --trials 200 --parts 50                # quick

The driver runs as in `hondo study --address`, with an executor that returns each trial at once in place of Tune; the
cost of Tune itself is measured by `benchmarks/fleet.py`. From the costs of one trial and one part the table derives
what more of them need.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from hondo.core.report import Report, Row
from hondo.fleet.batch.parts import Part, PartLine, PartStore, sources_sha256, write_manifest
from hondo.recipes.search.run_study import run_study
from hondo.recipes.search.run_trial import OnValue, Work
from hondo.recipes.search.search_space import Factor, Level, Study
from hondo.recipes.search.trial import Trial
from hondo.recipes.search.trial_log import Outcome, TrialLog
from hondo.recipes.tiny_recipes import dpt_kitti_tiny

PART_SIZE = 256  # images, as hondo predict has it
DAY_S = 86_400.0
TRIALS, IMAGES = (10, 1_000, 100_000), 1_000_000_000


def no_op_study(trials: int) -> Study:
    """Two factors whose combinations are at least so many trials."""
    side = max(2, round(trials**0.5))
    rates = tuple(Level(label=f"lr {n}", changes={"optim.lr": 1e-5 * (1 + n)}) for n in range(side))
    seeds = tuple(Level(label=f"seed {n}", changes={"seed": n}) for n in range(-(-trials // side)))
    factors = (Factor(name="lr", levels=rates), Factor(name="seed", levels=seeds))
    return Study(name="growth", recipe=dpt_kitti_tiny(), factors=factors)


def at_once(trials: Iterator[Trial], work: Work, on_value: OnValue) -> Iterator[Outcome]:
    """Every trial ends when it begins."""
    for number, trial in enumerate(trials):
        results = {"abs_rel": 0.1 + number % 7 / 100, "loss": 1.0, "steps": 100.0, "time": 60.0}
        yield Outcome(
            hash=trial.hash, state="finished", factors=trial.factors, results=results, recipe=asdict(trial.recipe)
        )


def memory_bytes() -> float:
    """The peak of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


def measure_driver(trials: int, out: Path) -> dict[str, float]:
    """Seconds and memory of the driver for each trial, of a resume, and of the report."""
    study, ends = no_op_study(trials), []
    run_study(no_op_study(4), out=out / "first", execute=at_once)  # imports are not counted
    before, began = memory_bytes(), time.perf_counter()
    found = run_study(
        study, out=out / "study", execute=at_once, on_outcome=lambda *told: ends.append(time.perf_counter())
    )
    after, count = time.perf_counter(), len(found.outcomes)
    assert len(TrialLog(out / "study").path.read_text().splitlines()) == count
    ran = []
    resumed = time.perf_counter()

    def nothing(trials: Iterator[Trial], work: Work, on_value: OnValue) -> Iterator[Outcome]:
        ran.extend(trials)
        return iter(())

    run_study(study, out=out / "study", execute=nothing)
    assert not ran, "a finished trial was run again"
    return {
        "count": count,
        "trial_s": (ends[-1] - began) / count,
        "report_s": (after - ends[-1]) / count,
        "trial_bytes": max(memory_bytes() - before, 0.0) / count,
        "line_bytes": (out / "study" / "trials.jsonl").stat().st_size / count,
        "start_s": (time.perf_counter() - resumed) / count,
    }


def measure_parts(parts: int, out: Path) -> dict[str, float]:
    """Seconds to commit a part of one small image, and to join the manifest, for each part."""
    (out / "depth").mkdir()
    store, began = PartStore(str(out / "depth")), time.perf_counter()
    for number in range(parts):
        part = Part(number=number, sources=tuple(f"s3://bucket/{number}/{each}.jpg" for each in range(PART_SIZE)))
        folder = out / f"w{number}"
        folder.mkdir()
        items = [{"source": each, "png": f"{each}.depth.png"} for each in part.sources]
        (folder / "predictions.json").write_text(json.dumps({"model": "none", "items": items}))
        line = PartLine(
            part=part.name, sources=PART_SIZE, outputs=PART_SIZE, failed=0, host="host:1", seconds=60.0,
            sources_sha256=sources_sha256(part.sources),
        )  # fmt: skip
        assert store.commit(part, folder, line)
    committed = time.perf_counter()
    lines = write_manifest(store, folder=out)
    assert len(lines) == parts
    return {
        "part_s": (committed - began) / parts,
        "join_s": (time.perf_counter() - committed) / parts,
        "part_line_bytes": (out / "depth" / "manifest.jsonl").stat().st_size / parts,
        "item_bytes": (out / "depth" / "predictions.json").stat().st_size / parts / PART_SIZE,
    }


def rows_of(driver: dict[str, float], parts: dict[str, float], *, images_per_s: float) -> tuple[Row, ...]:
    """What was measured, and what it means for more trials and images."""
    measured = {
        "no-op trials that ran": driver["count"],
        "driver, a trial [ms]": 1e3 * driver["trial_s"],
        "driver memory, a trial [kB]": driver["trial_bytes"] / 1e3,
        "trials.jsonl, a trial [kB]": driver["line_bytes"] / 1e3,
        "commit of a part [ms]": 1e3 * parts["part_s"],
        "manifest, a part [B]": parts["part_line_bytes"],
    }
    rows = [Row(name="value", value=value, subject=subject) for subject, value in measured.items()]
    for trials in TRIALS:
        subject = f"{trials:,} trials"
        rows += [
            Row(name="driver in all [s]", value=trials * driver["trial_s"], subject=subject),
            Row(name="driver memory [MB]", value=trials * driver["trial_bytes"] / 1e6, subject=subject),
            Row(name="trials.jsonl [MB]", value=trials * driver["line_bytes"] / 1e6, subject=subject),
            Row(name="resume [s]", value=trials * driver["start_s"], subject=subject),
            Row(name="report [s]", value=trials * driver["report_s"], subject=subject),
        ]
    count = IMAGES / PART_SIZE
    billion = {
        "parts [M]": count / 1e6,
        "manifest [GB]": count * parts["part_line_bytes"] / 1e9,
        "predictions.json [GB]": IMAGES * parts["item_bytes"] / 1e9,
        "joining the manifest [h]": count * parts["join_s"] / 3600,
        "workers for ten days": IMAGES / images_per_s / (10 * DAY_S),
    }
    rows += [Row(name="a billion images", value=value, subject=subject) for subject, value in billion.items()]
    return tuple(rows)


def main(arguments: list[str] | None = None) -> Report:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--parts", type=int, default=400)
    parser.add_argument("--images-per-s", type=float, default=5.0, help="of one worker: benchmarks/fleet.py")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        driver = measure_driver(given.trials, Path(scratch))
        print(f"driver: {driver}", file=sys.stderr, flush=True)
        parts = measure_parts(given.parts, Path(scratch))
    rows = rows_of(driver, parts, images_per_s=given.images_per_s)
    note = f"workers for a billion images: at {given.images_per_s:g} images a second each, as measured here on one core"
    report = Report(title="Growth", rows=rows, notes=(note,))
    print(report.to_markdown())
    if given.json is not None:
        given.json.write_text(report.to_json())
    return report


if __name__ == "__main__":
    main()
