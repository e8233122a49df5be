"""The folder of a run: its files, the training state to resume from, and the state of the random generators."""

import json
import math
import os
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hondo.core.atomic import atomic_write
from hondo.core.errors import HondoError, warn
from hondo.core.integrity.leftovers import remove_leftovers
from hondo.core.text_file import load_object
from hondo.train.loop.state_file import from_bytes, to_bytes

TRACKING_FILES = ("tensorboard", "wandb", "wandb.id", "mlruns", "mlflow.id")  # of train/loggers


class RunFolder:
    """RUN/recipe.json, metrics.jsonl, report.md, samples/, checkpoints/{last,best}.safetensors and {last,before}.state.

    before.state is the state before last.state, from which a run goes on where the last one is damaged.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.checkpoints = self.path / "checkpoints"
        self.state = self.checkpoints / "last.state"  # safetensors too, but not a model
        self.state_before = self.checkpoints / "before.state"
        self.last, self.best = self.checkpoints / "last.safetensors", self.checkpoints / "best.safetensors"
        self.metrics = self.path / "metrics.jsonl"
        self.recipe, self.report = self.path / "recipe.json", self.path / "report.md"
        self.samples = self.path / "samples"
        self.held_back = self.path / "held_back.jpg"  # frames that training did not see, before and after
        self.camera_paths = self.path / "camera_path"  # poses of each clip, seen once before training
        self.written: set[Path] = set()  # by this process, of what each checkpoint writes anew

    @property
    def is_started(self) -> bool:
        """Whether the folder holds a state to resume from."""
        return self.state.exists() or self.state_before.exists()

    def check_new(self) -> None:
        """Refuses a folder that holds a run already."""
        if self.is_started:
            raise HondoError(
                f"{self.path} holds a run already; continue it with resume={self.path}, or give another out",
                field="out",
            )

    def forget_camera_paths(self) -> None:
        """Removes what a run that did not begin left behind: it may have been of another model."""
        shutil.rmtree(self.camera_paths, ignore_errors=True)

    def forget_states(self) -> None:
        """Removes the states to resume from."""
        for file in (self.state, self.state_before):
            file.unlink(missing_ok=True)

    def check_started(self) -> None:
        """Refuses a folder without a state to resume from."""
        if not self.is_started:
            raise HondoError(
                f"{self.path} is not a run that can be resumed: there is no {self.state.relative_to(self.path)}"
            )

    def remove(self) -> None:
        """Removes what a run that did not get to its first step wrote, and the folders that are then empty."""
        self.forget_states()
        for file in (self.last, self.best, self.metrics, self.recipe):
            file.unlink(missing_ok=True)
        for name in TRACKING_FILES:
            path = self.path / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        self.forget_camera_paths()
        for folder in (self.checkpoints, self.path):
            if not any(folder.iterdir()):
                folder.rmdir()

    def create(self) -> None:
        """Makes the folder; refuses one that cannot be written to. Removes what killed processes left in it."""
        try:
            self.checkpoints.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise HondoError(
                f"cannot write the run folder {self.path}: {error.strerror}; give another out",
                field="out",
            ) from error
        if not os.access(self.checkpoints, os.W_OK):
            raise HondoError(f"cannot write into the run folder {self.path}; give another out", field="out")
        for folder in (self.path, self.checkpoints, self.samples):
            remove_leftovers(folder)

    def save_state(self, state: dict[str, Any]) -> None:
        """Writes the training state and keeps the one before it; a failed write leaves both."""
        for file in (each for each in self.written if not each.exists()):
            warn(f"{file} was removed while the run was going; it is written again")
        try:
            atomic_write(self.state, to_bytes(state), sync=True, before=self.state_before)
        except OSError as error:
            raise HondoError(
                f"cannot write {self.state}: {error.strerror}; the checkpoint before it is untouched"
            ) from error
        self.written = {self.state, *(file for file in (self.last,) if file.exists())}

    def load_state(self) -> dict[str, Any]:
        """The state written last; where it is damaged the one before it, which is said."""
        self.check_started()
        try:
            return from_bytes(_content(self.state), name=str(self.state))
        except HondoError as damage:
            try:
                before = from_bytes(_content(self.state_before), name=str(self.state_before))
            except HondoError:
                raise damage from damage.__cause__
            warn(f"{damage.args[0].partition('; ')[0]}; the run goes on from the state before it, {self.state_before}")
            return before


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise HondoError(f"{path} cannot be read: {error.strerror or error}", field="resume") from error


class Metrics:
    """metrics.jsonl: one JSON line per record, appended; a resumed run drops what was written after its checkpoint."""

    def __init__(self, path: Path, *, resume_at: int | None) -> None:
        self._path = path
        kept = [] if resume_at is None else [line for line in _lines(path) if _step_of(line) <= resume_at]
        atomic_write(path, "".join(f"{line}\n" for line in kept).encode(), sync=True)
        self._file = path.open("a", buffering=1)

    def write(self, record: dict[str, Any]) -> None:
        """Appends one record; a file that was removed meanwhile is begun anew, which is said."""
        if not self._path.exists():
            warn(f"{self._path} was removed while the run was going; it begins anew with this record")
            self._file.close()
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a", buffering=1)
        self._file.write(json.dumps(record) + "\n")

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def _lines(path: Path) -> list[str]:
    return path.read_text(errors="replace").splitlines() if path.exists() else []


def _step_of(line: str) -> float:
    """The step of a record; one that was cut off when the run was killed, or is damaged, counts as written later."""
    try:
        step = load_object(line, name="metrics.jsonl").get("step")
    except HondoError:
        return math.inf
    return step if isinstance(step, int | float) and not isinstance(step, bool) else math.inf


def rng_state() -> dict[str, Any]:
    """The states of the random generators of Python, NumPy and torch."""
    name, keys, position, has_gauss, cached = np.random.get_state()
    state = {
        "python": random.getstate(),
        "numpy": (name, np.asarray(keys, dtype=np.int64), position, has_gauss, cached),
        "torch": torch.get_rng_state(),
    }
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def set_rng_state(state: dict[str, Any]) -> None:
    """The inverse of ``rng_state``."""
    random.setstate(state["python"])
    name, keys, *rest = state["numpy"]
    np.random.set_state((name, keys.astype(np.uint32), *rest))
    torch.set_rng_state(state["torch"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])


def seed_everything(seed: int) -> None:
    """Seeds the random generators of Python, NumPy and torch."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
