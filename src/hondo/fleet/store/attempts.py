"""Attempts of a trial on a shared store: each has a number, and its checkpoints carry it.

    attempts/HASH/A0002.json                 the claim: who runs the second attempt, and since when
    attempts/HASH/A0002-S00000040.tar        its checkpoint after 40 steps: state, best model, metrics, recipe
    attempts/HASH/A0002-S00000040.json       what was in it: hash of the weights, host, time; stays when the tar goes
    attempts/HASH/A0002-end.tar              the run folder of an attempt that ended
    runs/HASH/                               the run folder of the attempt whose outcome the driver took

A host that was cut off and writes late writes under its own, lower number: it replaces nothing, and nobody resumes
from it while there is a checkpoint of a later attempt.
"""

import hashlib
import json
import re
import socket
import tarfile
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from hondo.core.errors import HondoError, reason_of
from hondo.core.text_file import load_object
from hondo.fleet.store.shared_store import SharedStore, open_store
from hondo.train.loop.checkpoint import RunFolder

KEEP = 2  # checkpoints of a trial
_CLAIM = re.compile(r"A(\d{4})\.json$")
_CHECKPOINT = re.compile(r"A(\d{4})-S(\d{8})\.tar$")
_RECORD = re.compile(r"A(\d{4})-S(\d{8})\.json$")


@dataclass(frozen=True, kw_only=True)
class Record:
    """What is known of a checkpoint, also after it was removed."""

    attempt: int
    step: int
    weights_sha256: str
    host: str
    time: float  # seconds since 1970


class Attempts:
    """The attempts of one trial."""

    def __init__(self, root: str | Path, name: str, *, keep: int = KEEP) -> None:
        self.store: SharedStore = open_store(root)
        self.name, self.keep, self._folder = name, keep, f"attempts/{name}"

    def claim(self) -> "Attempt":
        """A number that nobody has, higher than all before."""
        for _ in range(100):
            numbers = [int(found[1]) for each in self._names() if (found := _CLAIM.search(each))]
            number = max(numbers, default=0) + 1
            stated = {"attempt": number, "host": socket.gethostname(), "time": time.time()}
            if self.store.create(f"{self._folder}/A{number:04d}.json", json.dumps(stated).encode()):
                return Attempt(self, number)
        raise HondoError(f"{self.store.root}: no attempt of trial {self.name} could be claimed; others claim all")

    def checkpoints(self) -> list[tuple[int, int]]:
        """(attempt, step) of every checkpoint that is there, the newest last."""
        found = (_CHECKPOINT.search(each) for each in self._names())
        return sorted((int(each[1]), int(each[2])) for each in found if each)

    def records(self) -> list[Record]:
        """Every checkpoint that was ever written, by attempt and step."""
        names = sorted(each for each in self._names() if _RECORD.search(each))
        return [Record(**load_object(self.store.read(each), name=each)) for each in names]

    def prune(self) -> None:
        """Removes all checkpoints but the newest ``keep``: those of earlier attempts are older, whenever written."""
        for attempt, step in self.checkpoints()[: -self.keep]:
            self.store.remove(self.tar_of(attempt, step))

    def accept(self, number: int) -> None:
        """Makes the run folder of this attempt that of the trial, and removes what only a resumed trial needs."""
        end = f"{self._folder}/A{number:04d}-end.tar"
        if end in self._names():
            with tempfile.TemporaryDirectory(prefix="hondo-accept-") as scratch:
                self._unpack(end, Path(scratch))
                for file in sorted(path for path in Path(scratch).rglob("*") if path.is_file()):
                    self.store.put(file, f"runs/{self.name}/{file.relative_to(scratch).as_posix()}")
        for each in self._names():
            if each.endswith(".tar"):
                self.store.remove(each)

    def tar_of(self, attempt: int, step: int) -> str:
        """The name of a checkpoint."""
        return f"{self._folder}/A{attempt:04d}-S{step:08d}.tar"

    def _names(self) -> list[str]:
        return self.store.names(self._folder)

    def _unpack(self, name: str, folder: Path) -> None:
        with tempfile.TemporaryDirectory(prefix="hondo-fetch-") as scratch:
            file = Path(scratch) / "fetched.tar"
            self.store.get(name, file)
            try:
                with tarfile.open(file) as tar:
                    tar.extractall(folder, filter="data")
            except tarfile.TarError as error:
                raise HondoError(f"{self.store.root}/{name} is damaged: {reason_of(error)}") from error


class Attempt:
    """One attempt at a trial, which runs in a folder of this machine."""

    def __init__(self, attempts: Attempts, number: int) -> None:
        self.attempts, self.number = attempts, number

    def restore(self, folder: Path) -> bool:
        """The newest checkpoint of the trial into ``folder``; False where there is none to resume from."""
        self.attempts.prune()
        found = self.attempts.checkpoints()
        if found:
            self.attempts._unpack(self.attempts.tar_of(*found[-1]), folder)
            return True
        return self._restore_run(folder)

    def _restore_run(self, folder: Path) -> bool:
        """A run that this study began without a cluster, in runs/HASH."""
        store, prefix = self.attempts.store, f"runs/{self.attempts.name}/"
        names = store.names(prefix.rstrip("/"))
        is_cut_off = f"{prefix}checkpoints/last.state" in names and f"{prefix}report.md" not in names
        for name in names if is_cut_off else ():
            (folder / name.removeprefix(prefix)).parent.mkdir(parents=True, exist_ok=True)
            store.get(name, folder / name.removeprefix(prefix))
        return is_cut_off

    def publish(self, folder: Path, *, step: int) -> None:
        """The checkpoint in ``folder`` for those who go on from it; a first record says what it held."""
        run = RunFolder(folder)
        self._put(run, (run.recipe, run.metrics, run.state, run.best), self.attempts.tar_of(self.number, step))
        record = Record(
            attempt=self.number, step=step, weights_sha256=weights_sha256(run.last), host=socket.gethostname(),
            time=time.time(),
        )  # fmt: skip
        name = self.attempts.tar_of(self.number, step).removesuffix(".tar") + ".json"
        self.attempts.store.write(name, json.dumps(asdict(record)).encode())
        self.attempts.prune()

    def finish(self, folder: Path) -> None:
        """The whole run folder, for the driver to accept."""
        if folder.is_dir():
            files = sorted(path for path in folder.rglob("*") if path.is_file())
            self._put(RunFolder(folder), files, f"attempts/{self.attempts.name}/A{self.number:04d}-end.tar")

    def _put(self, run: RunFolder, files: Iterable[Path], name: str) -> None:
        with tempfile.TemporaryDirectory(prefix="hondo-publish-") as scratch:
            packed = Path(scratch) / "packed.tar"
            with tarfile.open(packed, "w") as tar:
                for file in files:
                    if file.is_file():
                        tar.add(file, arcname=file.relative_to(run.path).as_posix())
            self.attempts.store.put(packed, name)


def weights_sha256(file: Path) -> str:
    """Of the tensors in a .safetensors file, without its metadata."""
    content = file.read_bytes()
    return hashlib.sha256(content[8 + int.from_bytes(content[:8], "little") :]).hexdigest()
