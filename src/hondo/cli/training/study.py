"""``hondo study STUDY`` and ``hondo study watch OUT``: many recipes, measured alike, in one table."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from hondo.cli.options.metavar import shown_as
from hondo.core.errors import HondoError

if TYPE_CHECKING:
    from hondo.recipes.search.trial_log import Outcome

EXIT_FAILED = 1


@dataclass(frozen=True, kw_only=True)
class StudyConfig:
    """Runs every trial of STUDY that has no result yet; the same command continues one that was stopped.

    OUT holds trials.jsonl (a line a trial), the run folder of each training, report.md, .json and .html, and figures.
    """

    study: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="STUDY")]
    """thesis36 or vtdepth, or your own .toml, .json or .py file (docs/study.md); `watch OUT` shows one that runs."""
    out: str | None = None
    """The folder of the study; default: studies/STUDY."""
    data: Annotated[str | None, shown_as("PATH")] = None
    """Where the recipes read from (thesis36, vtdepth: KITTI's folder), or `synthetic`: rendered scenes, a few steps.
    Default: what needs no data (thesis36: the speed alone)."""
    workers: Annotated[int, tyro.conf.arg(metavar="N")] = 1
    """Trials at once, each in a process with one thread. 1: in this process."""
    threads: Annotated[int | None, shown_as("N")] = None
    """CPU threads of the networks whose speed is measured. Default: the study's own, 1."""
    engine: Annotated[str | None, shown_as("NAME")] = None
    """The engine whose speed is measured. Default: the study's own, torch."""
    precisions: Annotated[tuple[str, ...], shown_as("NAME")] = ()
    """Precisions of the speed, each a level of the factor `precision`. Default: the study's own, fp32."""
    retry: bool = False
    """Run the trials that failed again."""
    address: Annotated[str | None, tyro.conf.arg(metavar="RAY")] = None
    """Run on Ray: local (this machine), auto or HOST:PORT (on a machine of a cluster), ray://HOST:PORT (elsewhere).
    --out is then a folder that all its machines see, or a URL such as s3://bucket/study. Default: no Ray."""
    print_wandb_sweep: bool = False
    """Print the study as the configuration of a sweep of W&B, and end."""


@dataclass(frozen=True, kw_only=True)
class WatchConfig:
    """Shows a study while it runs: what runs, how long it will take, and the best trials so far."""

    out: Annotated[Path, tyro.conf.Positional]
    """The folder of the study."""
    once: bool = False
    """Print it once and end."""
    hourly_price: Annotated[float | None, tyro.conf.arg(metavar="MONEY")] = None
    """Of one worker: shows what the study has cost, and about what it will (prices: hondo fleet up)."""


def parse(arguments: Sequence[str]) -> StudyConfig | WatchConfig:
    """``watch OUT``, or the name of a study."""
    if arguments and arguments[0] == "watch":
        return tyro.cli(WatchConfig, args=list(arguments[1:]), prog="hondo study watch")
    return tyro.cli(StudyConfig, args=list(arguments), prog="hondo study")


def run(config: StudyConfig | WatchConfig) -> int:
    if isinstance(config, WatchConfig):
        from hondo.recipes.search.watch_study import watch_study

        watch_study(config.out, once=config.once, hourly_price=config.hourly_price)
        return 0
    from hondo.recipes.search.run_study import run_study
    from hondo.recipes.search.studies.named_study import study_named, with_speed

    if config.workers < 1:
        raise HondoError(f"--workers must be at least 1, got {config.workers}")
    study = study_named(config.study, data=config.data)
    study = with_speed(study, engine=config.engine, threads=config.threads, precisions=config.precisions)
    if config.print_wandb_sweep:
        from hondo.recipes.search.wandb_sweep import sweep_of

        print(sweep_of(study), end="")
        return 0
    out = config.out or str(Path("studies") / study.name)
    if config.address is None:
        found = run_study(study, out=local_folder(out), workers=config.workers, retry=config.retry, on_outcome=_say)
    else:
        from hondo.fleet.trials.study_on_cluster import run_study_on

        found = run_study_on(
            config.address, study, out=out, workers=config.workers, retry=config.retry, on_outcome=_say
        )
    print(found.report.read_text())
    print(f"report and figures: {out}; as a page: {out}/report.html")
    for outcome in found.failed:
        print(f"hondo: trial failed: {outcome.name}: {outcome.error}", file=sys.stderr)
    if found.failed:
        print("hondo: the same command with --retry runs the failed trials again", file=sys.stderr)
    return EXIT_FAILED if found.failed else 0


def local_folder(out: str) -> Path:
    """The folder that ``out`` names; a URL needs a cluster."""
    if "://" in out:
        raise HondoError(f"--out {out}: a URL needs --address, e.g. --address local")
    return Path(out)


def _say(outcome: "Outcome", done: int, total: int) -> None:
    named = ("fps", "abs_rel", "gmacs")
    numbers = ", ".join(f"{name} {outcome.results[name]:.4g}" for name in named if name in outcome.results)
    text = numbers or outcome.state
    print(f"[{done}/{total}] {outcome.name}: {text} ({outcome.seconds:.0f} s)", file=sys.stderr, flush=True)
