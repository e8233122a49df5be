"""Commands that run on a fleet: each has a number, a process, a log and a file that says so."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from hondo.core.atomic import atomic_write
from hondo.core.errors import HondoError
from hondo.core.text_file import read_json
from hondo.fleet.cluster.loopback import LoopbackNode, end_node, is_alive, require_psutil, start_apart


@dataclass(frozen=True, kw_only=True)
class Job:
    """A command that was started in the background."""

    number: int
    command: tuple[str, ...]
    process: LoopbackNode

    @property
    def is_running(self) -> bool:
        """Whether its process runs."""
        return is_alive(self.process)


def start_job(folder: Path, command: Sequence[str], *, environment: Mapping[str, str]) -> Job:
    """Runs the command in a session of its own, which goes on when this process ends."""
    folder.mkdir(parents=True, exist_ok=True)
    number = max((job.number for job in read_jobs(folder)), default=0) + 1
    log = folder / f"{number:03d}.log"
    process = start_apart(command, log, environment=environment)
    job = Job(number=number, command=tuple(command), process=process)
    atomic_write(folder / f"{number:03d}.json", json.dumps(asdict(job)).encode())
    return job


def read_jobs(folder: Path) -> list[Job]:
    """The jobs in a folder, in order."""
    found = []
    for path in sorted(folder.glob("[0-9]*.json")):
        stated = read_json(path)
        process = LoopbackNode(**stated.pop("process"))
        found.append(Job(**{**stated, "command": tuple(stated["command"])}, process=process))
    return found


def log_of(folder: Path, number: int | None) -> str:
    """The log of a job; of the last one where no number is given."""
    jobs = {job.number: job for job in read_jobs(folder)}
    if not jobs:
        raise HondoError("nothing was submitted to this fleet yet; hondo fleet submit does")
    chosen = max(jobs) if number is None else number
    if chosen not in jobs:
        raise HondoError(f"job {chosen}: there is none; jobs: {', '.join(map(str, jobs))}", field="job")
    return Path(jobs[chosen].process.log).read_text(errors="replace")


def end_jobs(folder: Path, *, patience_s: float = 10.0) -> None:
    """Asks the running jobs to stop, then ends them."""
    running = [job for job in read_jobs(folder) if job.is_running]
    psutil = require_psutil()
    for job in running:
        psutil.Process(job.process.pid).terminate()
    end = time.monotonic() + patience_s
    while any(job.is_running for job in running) and time.monotonic() < end:
        time.sleep(0.1)
    for job in running:
        end_node(job.process, at_once=True)
