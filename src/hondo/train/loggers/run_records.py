"""What a run folder says of its run: recipe, steps, losses, validation, commit; for lists and comparisons."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hondo.core.errors import HondoError
from hondo.core.text_file import load_object
from hondo.train.loggers.run_logger import flattened
from hondo.train.loop.checkpoint import RunFolder


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One run. ``last``: the latest value of each recorded number; ``best``: the lowest of each error and loss."""

    path: Path
    recipe: str
    config: Mapping[str, Any]  # flat: optim.lr and the like
    step: int
    max_steps: int | None
    last: Mapping[str, float]
    best: Mapping[str, float]
    commit: str
    is_finished: bool
    label: str = ""  # in figures; empty: the path

    @property
    def state(self) -> str:
        """finished, or how far it came."""
        return "finished" if self.is_finished else f"step {self.step} of {self.max_steps or '?'}"


def find_runs(root: Path) -> list[RunRecord]:
    """The runs in a folder and below it, the latest changed last."""
    if not root.is_dir():
        raise HondoError(f"{root} is no folder; name one that holds runs, or a run itself")
    folders = {path.parent for path in root.rglob("recipe.json")}
    return [read_run(path) for path in sorted(folders, key=lambda path: (path / "recipe.json").stat().st_mtime)]


def read_run(path: Path) -> RunRecord:
    """The record of one run folder; a damaged metrics file counts up to where it is readable."""
    folder = RunFolder(path)
    try:
        config = load_object(folder.recipe.read_bytes(), name=folder.recipe.name)
    except (OSError, HondoError) as error:
        raise HondoError(f"{path} is no run folder: {folder.recipe.name} cannot be read ({error})") from error
    records = read_metrics(path)
    last: dict[str, float] = {}
    best: dict[str, float] = {}
    for record in records:
        last |= record
        for name, value in record.items():
            best[name] = min(best.get(name, value), value)
    stated = config.get("optim")
    optim: Mapping[str, Any] = stated if isinstance(stated, Mapping) else {}
    step, max_steps = int(last.get("step", 0)), optim.get("max_steps")
    return RunRecord(
        path=path,
        recipe=str(config.get("name", "?")),
        config=flattened(config),
        step=step,
        max_steps=max_steps,
        last=last,
        best=best,
        commit=_commit(folder),
        is_finished=folder.report.is_file() and (bool(optim.get("max_seconds")) or step >= (max_steps or 0)),
    )


def read_metrics(run: Path) -> list[dict[str, float]]:
    """The numbers of each line of a run's metrics file, up to where it is readable."""
    path = RunFolder(run).metrics
    if not path.is_file():
        return []
    records = []
    for line in path.read_text(errors="replace").splitlines():
        try:
            record = load_object(line, name=path.name)
        except HondoError:  # cut off when the run was killed
            break
        records.append({name: value for name, value in record.items() if isinstance(value, int | float)})
    return records


def differences(first: RunRecord, second: RunRecord) -> dict[str, tuple[Any, Any]]:
    """The settings in which two runs differ, flat names with both values; None where one has no such setting."""
    names = sorted(set(first.config) | set(second.config))
    pairs = {name: (first.config.get(name), second.config.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _commit(folder: RunFolder) -> str:
    """The commit of hondo that trained it, from the header of its checkpoint."""
    from hondo.models.base.weights_file import read_header

    try:
        return str(read_header(folder.last).training.get("commit", ""))
    except (HondoError, OSError):
        return ""
