"""What Ray costs and what a second worker brings, on this machine (docs/fleet.md).

    python benchmarks/fleet.py --parts overhead no-op workers predict --json docs/reports/fleet.json

`overhead`: the same trials in a process without Ray and on Ray with one worker. `no-op`: trials that do nothing on Ray.
`workers`: trials an hour of two workers with a thread each beside one. `predict`: images a second of two workers
beside one. Each worker is warmed by a trial (a part) that is not counted: its process imports torch once.
"""

import argparse
import json
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from hondo.core.report import Report, Row
from hondo.engines.load import ModelSettings
from hondo.fleet.batch.predict_on_ray import BatchJob, predict_on
from hondo.fleet.cluster.connect import connected
from hondo.fleet.trials.run_attempt import run_on_worker
from hondo.fleet.trials.tune_executor import TunePlaces, run_in_tune
from hondo.recipes.search.run_study import run_study
from hondo.recipes.search.run_trial import OnValue
from hondo.recipes.search.search_space import Factor, Level, Study
from hondo.recipes.search.trial import Trial
from hondo.recipes.search.trial_log import Outcome
from hondo.recipes.tiny_recipes import dpt_kitti_tiny
from hondo.video.predict.outputs import OutputConfig

PARTS = ("overhead", "no-op", "workers", "predict")


def study_of(trials: int, *, steps: int) -> Study:
    """So many trials of so many steps."""
    base = dpt_kitti_tiny()
    loop = replace(base.loop, checkpoint_every=steps, log_every=steps, show_progress=False)
    recipe = replace(base, optim=replace(base.optim, max_steps=steps), loop=loop)
    levels = tuple(Level(label=str(number), changes={"seed": number}) for number in range(trials))
    return Study(name="fleet", recipe=recipe, factors=(Factor(name="seed", levels=levels),), by="loss")


def at_once(trial: Trial, on_value: OnValue) -> Outcome:
    """A trial that does nothing."""
    return Outcome(hash=trial.hash, state="finished", factors=trial.factors, results={"loss": 1.0})


def seconds_on_ray(study: Study, *, workers: int, no_op: bool = False) -> list[float]:
    """When each trial ended, in seconds since the first of each worker did."""
    ends: list[float] = []
    with tempfile.TemporaryDirectory() as out, connected("local", workers=workers):
        work = at_once if no_op else partial(run_on_worker, root=out, by="loss")
        execute = partial(run_in_tune, study=study, places=TunePlaces(root=out, workers=workers))
        run_study(
            study, out=Path(out), workers=workers, execute=execute, work=work,
            on_outcome=lambda outcome, done, total: ends.append(time.perf_counter()),
        )  # fmt: skip
    return [end - ends[workers - 1] for end in ends[workers:]]


def seconds_plainly(study: Study) -> list[float]:
    """The same in this process."""
    ends: list[float] = []
    with tempfile.TemporaryDirectory() as out:
        run_study(study, out=Path(out), on_outcome=lambda outcome, done, total: ends.append(time.perf_counter()))
    return [end - ends[0] for end in ends[1:]]


def measure_overhead(*, trials: int, steps: int) -> dict[str, float]:
    study = study_of(trials + 1, steps=steps)
    plain, on_ray = seconds_plainly(study)[-1] / trials, seconds_on_ray(study, workers=1)[-1] / trials
    return {"a trial plainly [s]": plain, "a trial on Ray [s]": on_ray, "overhead [%]": 100 * (on_ray / plain - 1)}


def measure_workers(*, trials: int, steps: int) -> dict[str, float]:
    one = trials / seconds_on_ray(study_of(trials + 1, steps=steps), workers=1)[-1]
    two = 2 * trials / seconds_on_ray(study_of(2 * trials + 2, steps=steps), workers=2)[-1]
    return {
        "trials an hour, 1 worker": 3600 * one,
        "trials an hour, 2 workers": 3600 * two,
        "2 workers of 1": two / one,
    }


def measure_no_op(*, trials: int) -> dict[str, float]:
    return {
        "a trial that does nothing [s]": seconds_on_ray(study_of(trials + 1, steps=1), workers=1, no_op=True)[-1]
        / trials
    }


def measure_predict(*, images: int, part_size: int) -> dict[str, float]:
    rates = {}
    with tempfile.TemporaryDirectory() as folder:
        sources = Path(folder) / "in"
        sources.mkdir()
        noise = np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8)
        for number in range(2 * images):
            cv2.imwrite(str(sources / f"{number:05d}.jpg"), noise)
        for workers in (1, 2):
            out = Path(folder) / f"out{workers}"
            settings = ModelSettings(engine="torch", precision="fp32", threads=1)
            job = BatchJob(model="hondo-nano", settings=settings, output=OutputConfig(out=out), out=str(out))
            ends: list[tuple[float, int]] = []
            predict_on(
                "local", [str(sources)], job, workers=workers, part_size=part_size,
                on_part=lambda line, done, total, ends=ends: ends.append((time.perf_counter(), line.outputs)),
            )  # fmt: skip
            lines = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
            assert sum(line["outputs"] for line in lines) == 2 * images
            counted = sum(count for _, count in ends[workers:])
            rates[workers] = counted / (ends[-1][0] - ends[workers - 1][0])
    return {
        "images a second, 1 worker": rates[1],
        "images a second, 2 workers": rates[2],
        "predict: 2 of 1": rates[2] / rates[1],
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--images", type=int, default=120)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    found: dict[str, float] = {}
    if given.json is not None and given.json.exists():
        found = {row.subject: row.value for row in Report.from_json(given.json.read_text()).rows}
    measures = {
        "overhead": partial(measure_overhead, trials=given.trials, steps=given.steps),
        "no-op": partial(measure_no_op, trials=10 * given.trials),
        "workers": partial(measure_workers, trials=given.trials, steps=given.steps),
        "predict": partial(measure_predict, images=given.images, part_size=10),
    }
    for part in given.parts:
        found |= measures[part]()
        rows = tuple(Row(name="value", value=value, subject=name) for name, value in found.items())
        report = Report(title="The fleet on one machine", rows=rows)
        if given.json is not None:
            given.json.write_text(report.to_json())
    print(report.to_markdown())


if __name__ == "__main__":
    main()
