"""A running study as a table that follows its files: running trials, time left, the best so far."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table

from hondo.core.errors import HondoError
from hondo.core.text_file import load_object
from hondo.recipes.search.trial_log import Outcome, TrialLog, read_study_json

SHOWN = 8  # of the best trials
EVERY_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What a study's folder says now. ``left_s``: by the mean time of the trials so far."""

    name: str
    by: str
    outcomes: tuple[Outcome, ...]
    running: tuple[tuple[str, float], ...]  # trial, seconds since it began
    total: int | None
    left_s: float | None
    spent_s: float = 0.0  # by all workers
    workers: int = 1

    @property
    def best(self) -> list[Outcome]:
        """Finished trials, the best first."""
        known = [one for one in self.outcomes if one.state == "finished" and self.by in one.results]
        return sorted(known, key=lambda one: one.results[self.by], reverse=self.by == "fps")


def read_progress(folder: Path) -> Watched:
    """The state of the study in ``folder``."""
    study, outcomes = read_study_json(folder), TrialLog(folder).read()
    now = _running(folder)
    total, took = now.get("total"), [one.seconds for one in outcomes if one.seconds]
    left = None
    if total is not None and took:
        left = max(total - len(outcomes), 0) * sum(took) / len(took) / now["workers"]
    running = [
        (", ".join(map(str, one["factors"].values())), time.time() - one["since"])
        for one in now.get("running", {}).values()
    ]
    return Watched(
        name=study["name"],
        by=study["by"],
        outcomes=tuple(outcomes),
        running=tuple(running),
        total=total,
        left_s=left,
        spent_s=sum(took) + sum(seconds for _, seconds in running),
        workers=now.get("workers", 1),
    )


def _running(folder: Path) -> dict[str, Any]:
    try:
        return load_object((folder / "running.json").read_bytes(), name="running.json")
    except FileNotFoundError:
        return {}
    except HondoError as error:
        raise HondoError(f"{folder}: running.json is damaged; remove it") from error


def cost_text(watched: Watched, hourly_price: float | None) -> str:
    """What the workers have cost so far, and about what the whole study will; empty without a price."""
    if hourly_price is None:
        return ""
    spent = watched.spent_s / 3600 * hourly_price
    left = (
        ""
        if watched.left_s is None
        else f" of about {spent + watched.left_s * watched.workers / 3600 * hourly_price:.2f}"
    )
    return f", cost {spent:.2f}{left}"


def progress_table(watched: Watched, *, hourly_price: float | None = None) -> Group:
    """What runs, then the best trials by the study's measure. ``hourly_price``: of one worker."""
    states = {state: sum(one.state == state for one in watched.outcomes) for state in ("finished", "failed", "pruned")}
    counts = ", ".join(f"{count} {state}" for state, count in states.items() if count) or "nothing finished"
    of = "" if watched.total is None else f" of {watched.total}"
    left = "" if watched.left_s is None else f", about {watched.left_s / 60:.1f} min left"
    title = f"study {watched.name}: {counts}{of}{left}{cost_text(watched, hourly_price)}" + (
        "" if watched.running else "; nothing runs"
    )
    table = Table()
    table.add_column("trial")
    table.add_column(watched.by, justify="right")
    table.add_column("time [s]", justify="right")
    for name, seconds in watched.running:
        table.add_row(name, "runs", f"{seconds:.0f}")
    for one in watched.best[:SHOWN]:
        table.add_row(one.name, f"{one.results[watched.by]:.4g}", f"{one.seconds:.0f}")
    return Group(title, table)


def watch_study(
    folder: Path, *, once: bool = False, console: Console | None = None, hourly_price: float | None = None
) -> None:
    """Shows the table, again each second until nothing runs."""
    console = console or Console()
    watched = read_progress(folder)
    if once or not watched.running:
        console.print(progress_table(watched, hourly_price=hourly_price))
        return
    with Live(progress_table(watched, hourly_price=hourly_price), console=console, auto_refresh=False) as live:
        while watched.running:
            time.sleep(EVERY_S)
            watched = read_progress(folder)
            live.update(progress_table(watched, hourly_price=hourly_price), refresh=True)
