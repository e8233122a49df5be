"""``hondo demo``: the main job end to end on the embedded clip, with progress."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import tyro

from hondo.cli.options.report_table import print_table
from hondo.cli.options.waiting_line import done_waiting
from hondo.core.atomic import make_writable_folder
from hondo.recipes.demo.demo_config import DemoConfig, ProgressReporter, quick

if TYPE_CHECKING:
    from rich.console import Console

    from hondo.recipes.demo.run_demo import Demo

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class DemoCommand:
    """Predicts, adapts without labels, scores, exports and measures, on a clip that comes with hondo."""

    out: Path = Path("demo_out")
    """Folder for images, video, points, models and the report."""
    seconds: float = 60.0
    """How long the model adapts to the clip."""
    quick: bool = False
    """A few tiny frames: whether everything works, in seconds."""
    model: Annotated[str, tyro.conf.arg(metavar="MODEL")] = "hondo-small"
    """What is adapted: hondo-small or hondo-nano, or a model of one of their kinds."""
    weights: str | None = None
    """Other weights of the model (a .safetensors file or run folder, or 'random'); default: the package's own."""


def run(command: DemoCommand) -> None:
    config = DemoConfig(out=command.out, seconds=command.seconds, model=command.model, weights=command.weights)
    make_writable_folder(command.out, field="out")
    from rich.console import Console

    from hondo.recipes.demo.run_demo import run_demo

    demo = run_demo(quick(config) if command.quick else config, progress=ConsoleProgress(Console(stderr=True)))
    _show(demo, out=command.out)


class ConsoleProgress(ProgressReporter):
    """Steps as lines, loops as bars that vanish when they are done; without a terminal, lines only."""

    shows_progress = True

    def __init__(self, console: "Console") -> None:
        self._console = console
        self._step = 0

    def step(self, text: str) -> None:
        self._step += 1
        self._console.print(f"[bold]{self._step}[/bold] {text}", highlight=False, soft_wrap=True)

    def note(self, text: str) -> None:
        self._console.print(f"  {text}", markup=False, highlight=False, soft_wrap=True)

    def each(self, text: str, items: Sequence[Item], do: Callable[[Item], Result]) -> list[Result]:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        done_waiting()
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn())
        ends = (MofNCompleteColumn(), TimeElapsedColumn())
        is_shown = self._console.is_terminal
        with Progress(*columns, *ends, console=self._console, transient=True, disable=not is_shown) as bar:
            task = bar.add_task(text, total=len(items))
            results = []
            for item in items:
                results.append(do(item))
                bar.advance(task)
            return results


def _show(demo: "Demo", *, out: Path) -> None:
    """The tables, what lies where, and what to type next. Rendered on a terminal, Markdown in a pipe."""
    tables = "\n\n".join(f"## {head}\n\n{table}" for head, table in demo.outcome.tables().items())
    print_table(tables)
    print(f"\nin {out}:")
    width = max(map(len, demo.outcome.files))
    print("\n".join(f"  {name:<{width}}  {what}" for name, what in demo.outcome.files.items()))
    print("\nnext (put your own images or video in place of the clip's):")
    print("\n".join(f"  {command}" for command in demo.commands))
