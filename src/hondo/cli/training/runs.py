"""``hondo runs list / compare A B / curves A B ...``: run folders side by side, from their files alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

if TYPE_CHECKING:
    from hondo.train.loggers.run_records import RunRecord

NUMBERS = ("loss", "val_abs_rel", "val_rmse", "val_delta1", "lr", "grad_norm", "images_per_s", "seconds", "bad_samples")


@dataclass(frozen=True, kw_only=True)
class ListConfig:
    """List the runs in a folder and below it: recipe, progress, loss, validation."""

    path: Annotated[Path, tyro.conf.Positional] = Path("runs")
    """A folder of runs."""


@dataclass(frozen=True, kw_only=True)
class CompareConfig:
    """Print what two runs were set to differently, and the numbers they came to."""

    first: Annotated[Path, tyro.conf.Positional]
    """A run folder."""
    second: Annotated[Path, tyro.conf.Positional]
    """Another one."""


@dataclass(frozen=True, kw_only=True)
class CurvesConfig:
    """Draw the learning curves of runs: loss, validation and learning rate against the step (curves.png and .svg)."""

    paths: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
    """Run folders."""
    out: Path = Path("curves")
    """The folder of the figure."""


Config = (
    Annotated[ListConfig, tyro.conf.subcommand("list")]
    | Annotated[CompareConfig, tyro.conf.subcommand("compare")]
    | Annotated[CurvesConfig, tyro.conf.subcommand("curves")]
)


def run(config: Config) -> None:
    from hondo.train.loggers.run_records import find_runs, read_run

    if isinstance(config, ListConfig):
        found = find_runs(config.path)
        print_table(listed(found) if found else [("no runs in", str(config.path))])
    elif isinstance(config, CurvesConfig):
        from hondo.train.loggers.learning_curves import draw_curves

        print(draw_curves([read_run(path) for path in config.paths], config.out))
    else:
        print_table(compared(read_run(config.first), read_run(config.second)))


def listed(runs: Sequence["RunRecord"]) -> list[tuple[str, ...]]:
    """One row a run; a column for each number that any of them has."""
    names = [
        name for name in ("loss", "val_abs_rel", "val_delta1", "images_per_s") if any(name in r.last for r in runs)
    ]
    rows = [("run", "recipe", "state", *names, "commit")]
    for each in runs:
        numbers = (text(each.last.get(name)) for name in names)
        rows.append((str(each.path), each.recipe, each.state, *numbers, each.commit))
    return rows


def compared(first: "RunRecord", second: "RunRecord") -> list[tuple[str, ...]]:
    """Settings that differ, then the last numbers, and the best of the validation."""
    from hondo.train.loggers.run_records import differences

    rows = [("", str(first.path), str(second.path)), ("state", first.state, second.state)]
    rows.append(("commit", first.commit, second.commit))
    rows += [(name, text(one), text(other)) for name, (one, other) in differences(first, second).items()]
    for name in NUMBERS:
        if name in first.last or name in second.last:
            rows.append((name, text(first.last.get(name)), text(second.last.get(name))))
    for name in ("val_abs_rel", "val_rmse"):
        if name in first.best or name in second.best:
            rows.append((f"best {name}", text(first.best.get(name)), text(second.best.get(name))))
    return rows


def print_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Columns as wide as their widest cell."""
    widths = [max(len(row[column]) for row in rows if column < len(row)) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def text(value: Any) -> str:
    """A number in four digits; nothing for what is not there."""
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
