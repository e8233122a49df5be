"""Disks that fill up at fifty sizes, folders that cannot be written, files that vanish under a run.

    python benchmarks/campaigns/disk.py --json

A full disk is a limit on the size of files in a child process: writing beyond it fails as on a full disk.
"""

import os
import resource
import shutil
import signal
import tempfile
import warnings
from pathlib import Path

import torch
from campaign import Options, Tally, in_child, main
from kills import train

from hondo.core.errors import HondoError
from hondo.models.base.weights_file import save_model
from hondo.models.registry.build_model import build_model
from hondo.train.loop.checkpoint import RunFolder

PARTS = ("checkpoints/last.state", "checkpoints/last.safetensors", "metrics.jsonl", "checkpoints", "")


def run(options: Options) -> Tally:
    """Sizes first; then each other kind of trouble once."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        whole = RunFolder(folder / "whole")
        model = build_model("unet", weights="random", encoder="light", width=0.25, size_hw=(32, 64))
        whole.save_state({"step": 1, "weights": dict(model.state_dict())})
        save_model(model, whole.last, licence="", training={})
        largest = whole.state.stat().st_size
        for number in range(options.count):
            size = 1 + number * largest // options.count
            copy = folder / f"full{number}"
            shutil.copytree(whole.path, copy)
            _judge(
                tally, f"full at {size} bytes", in_child(lambda copy=copy, size=size: _full(copy, model, size)), copy
            )
        for part in PARTS[:1] if options.quick else PARTS:
            _removed(tally, folder / f"removed{PARTS.index(part)}", part)
        _read_only(tally, folder, model)
    return tally


def _full(copy: Path, model: torch.nn.Module, size: int) -> list[str]:
    """What the second save says on a disk with this much room."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    said = []
    state = {"step": 2, "weights": dict(model.state_dict())}
    for save in (
        lambda: RunFolder(copy).save_state(state),
        lambda: save_model(model, RunFolder(copy).last, licence="", training={}),
    ):
        try:
            save()
            said.append("written")
        except (HondoError, OSError) as error:
            said.append(f"{type(error).__name__}: {error}")
    return said


def _judge(tally: Tally, what: str, ended, copy: Path) -> None:
    if ended.died:
        return tally.fault(f"{what}: died of {ended.died}")
    said = [line for line in ended.result if line != "written"]
    unclear = [line for line in said if "large" not in line and "space" not in line]
    left = [path.name for path in copy.rglob(".*.tmp*")]
    if unclear or left:
        return tally.fault(f"{what}: {unclear or left}")
    try:
        step = RunFolder(copy).load_state()["step"]
        build_model(RunFolder(copy).last)
    except HondoError as error:
        return tally.fault(f"{what}: {error}")
    return tally.count("error said, the checkpoint before loads" if step == 1 else "written whole")


def _removed(tally: Tally, folder: Path, part: str) -> None:
    """A file or folder of a run vanishes between two of its checkpoints."""
    ended = in_child(lambda: _train_without(folder, part), seconds=120)
    if ended.died or not ended.result:
        return tally.fault(f"{part or 'the run'} removed: {ended.died or 'nothing was said'}")
    try:
        RunFolder(folder).load_state()
    except HondoError as error:
        return tally.fault(f"{part or 'the run'} removed: {error}")
    return tally.count("removal said, the run goes on")


def _train_without(folder: Path, part: str) -> list[str]:
    saves, save = 0, RunFolder.save_state

    def save_and_remove(self: RunFolder, state: dict) -> None:
        nonlocal saves
        if saves == 3:
            path = self.path / part
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        save(self, state)
        saves += 1

    RunFolder.save_state = save_and_remove  # type: ignore[method-assign]
    said: list[str] = []
    warnings.showwarning = lambda message, *given, **named: said.append(str(message))  # type: ignore[assignment]
    filters = warnings.simplefilter
    warnings.simplefilter = lambda *given, **named: filters("always")  # type: ignore[assignment]
    train(folder, resume=False)
    return [line for line in said if "was removed" in line]


def _read_only(tally: Tally, folder: Path, model: torch.nn.Module) -> None:
    """A folder without the right to write; the superuser may write everywhere, so there a file stands in its place."""
    place = folder / "locked"
    if os.geteuid() == 0:
        place.touch()
    else:
        place.mkdir(mode=0o500)
    for what, call in {
        "run folder": lambda: RunFolder(place / "run").create(),
        "checkpoint": lambda: save_model(model, place / "m.safetensors", licence="", training={}),
    }.items():
        try:
            call()
            tally.fault(f"{what}: written where nothing can be written")
        except HondoError:
            tally.count("refused")


if __name__ == "__main__":
    main("disk", run, asks="a clear error, the newest good checkpoint loads, removed files are said", count=50, quick=4)
