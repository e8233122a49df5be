"""How long a user waits: python benchmarks/startup.py [--rounds 5] [--quick] [--json docs/reports/startup.json]

Each is a process of its own, from its start: `import hondo`; `hondo predict photo.jpg` with hondo-nano until the
command ends, the first time (nothing in the cache) and again; commands on a terminal until they show anything;
`hondo live` on a film until the first frame reaches a viewer; `hondo train video` on a film of some seconds until the
first step, which is after its camera path. Medians in seconds with the processor seconds beside, which a busy machine
changes less. A row says what is wanted. With --json the rows of other machines in that file are kept.
"""

import argparse
import os
import pty
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from engines_machines import write_side_by_side
from live import make_film
from serving import hondo, port_of
from websockets.sync.client import connect

from hondo.core.errors import HondoError
from hondo.core.report import Report, Row
from hondo.data.datasets.clip_files import list_images
from hondo.data.datasets.embedded_clip import embedded_clip

FIRST = ("predict", "train", "evaluate", "bench", "export", "demo")  # commands, until their first output
WANTED_S = {"import hondo": 0.15, "predict photo.jpg, again": 2.5, "live, first frame": 3.0}
WANTED_S |= {"train video on 300 frames, first step": 30.0}
WANTED_S |= {f"{command}, first output": 0.5 for command in FIRST}


@dataclass(frozen=True, kw_only=True)
class Waited:
    """Seconds until the result, and the processor seconds of the process and its children."""

    wall_s: float
    cpu_s: float


def timed(action: Callable[[], None]) -> Waited:
    before, start = _cpu_of_children(), time.perf_counter()
    action()
    return Waited(wall_s=time.perf_counter() - start, cpu_s=_cpu_of_children() - before)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(*arguments: str, cache: Path) -> None:
    subprocess.run(
        [sys.executable, *arguments], env=os.environ | {"HONDO_CACHE": str(cache)}, check=True, capture_output=True
    )


def predict(cache: Path, *more: str) -> None:
    image = list_images(embedded_clip().images)[0]
    with tempfile.TemporaryDirectory() as out:
        run("-m", "hondo.cli.main", "predict", str(image), "--model", "hondo-nano", "--out", out, *more, cache=cache)


def first_output(command: str) -> Waited:
    """Until a terminal gets anything from a command, which is then ended."""
    image = str(list_images(embedded_clip().images)[0])
    with tempfile.TemporaryDirectory() as out:
        arguments = {
            "predict": [image, "--out", out],
            "train": ["video", "--data", str(embedded_clip().images), "--out", f"{out}/run"],
            "evaluate": ["hondo-nano", "--data", "frames", "--root", str(embedded_clip().folder)],
            "bench": ["hondo-nano"],
            "export": ["hondo-nano", "--to", "onnx", "--out", f"{out}/x.onnx"],
            "demo": ["--out", out],
        }[command]
        terminal, end = pty.openpty()
        start = time.perf_counter()
        words = [sys.executable, "-m", "hondo.cli.main", command, *arguments]
        with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=end, stderr=end) as process:
            os.read(terminal, 1)
            waited = Waited(wall_s=time.perf_counter() - start, cpu_s=_cpu_of(process.pid))
            process.kill()
        os.close(terminal)
        os.close(end)
    return waited


def _cpu_of(process: int) -> float:
    """Of a process that runs, in steps of the system's clock."""
    try:
        user, system = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    except OSError:  # no Linux
        return float("nan")
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def first_live_frame(film: Path) -> Waited:
    """Until a viewer holds the first frame; the server is stopped outside of the measurement."""
    before, start = _cpu_of_children(), time.perf_counter()
    with hondo("live", str(film), "--loop") as client:
        with connect(f"ws://127.0.0.1:{port_of(client)}/v1/live", proxy=None, max_size=None) as viewer:
            while not isinstance(viewer.recv(timeout=120), bytes):
                pass
        wall = time.perf_counter() - start
    return Waited(wall_s=wall, cpu_s=_cpu_of_children() - before)


def first_step(film: Path, *, cache: Path) -> Waited:
    """Until training on a film says that it has made a step; it is then ended."""
    with tempfile.TemporaryDirectory() as out:
        words = [sys.executable, "-m", "hondo.cli.main", "train", "video", "--data", str(film), "--out", f"{out}/run"]
        words += ["--data.camera", "fov=60", "--loop.log-every", "1"]
        start, env = time.perf_counter(), os.environ | {"HONDO_CACHE": str(cache)}
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=env) as process:
            assert process.stderr is not None
            lines = []
            for line in process.stderr:
                lines.append(line)
                if "step 1 " in line:
                    break
            else:
                raise HondoError(f"hondo train video made no step: {''.join(lines)}")
            waited = Waited(wall_s=time.perf_counter() - start, cpu_s=_cpu_of(process.pid))
            process.kill()
    return waited


def measure(*, rounds: int) -> dict[str, list[Waited]]:
    with tempfile.TemporaryDirectory() as folder:
        cache, film = Path(folder) / "cache", make_film(Path(folder) / "film.mp4", fps=30, most=30)
        long = make_film(Path(folder) / "long.mp4", fps=30, most=75, times=2)  # 300 frames
        first_live_frame(film)  # fills the cache for the size of the film
        return {
            "import hondo": [timed(lambda: run("-c", "import hondo", cache=cache)) for _ in range(rounds)],
            "predict photo.jpg, first time": [timed(lambda: predict(cache))],
            "predict photo.jpg, again": [timed(lambda: predict(cache)) for _ in range(rounds)],
            **{f"{name}, first output": [first_output(name) for _ in range(rounds)] for name in FIRST},
            "live, first frame": [first_live_frame(film) for _ in range(rounds)],
            "train video on 300 frames, first step": [first_step(long, cache=cache)],
        }


def measure_quickly() -> dict[str, list[Waited]]:
    """One round on PyTorch, which compiles nothing."""
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        return {
            "import hondo": [timed(lambda: run("-c", "import hondo", cache=cache))],
            "predict, first output": [first_output("predict")],
            "predict photo.jpg on torch": [timed(lambda: predict(cache, "--engine", "torch", "--precision", "fp32"))],
        }


def report(found: dict[str, list[Waited]]) -> Report:
    rows = []
    for subject, waited in found.items():
        numbers = {
            "time": float(np.median([each.wall_s for each in waited])),
            "processor": float(np.median([each.cpu_s for each in waited])),
            "wanted": WANTED_S.get(subject),
        }
        rows += [
            Row(name=name, value=value, unit="s", better="lower", subject=subject)
            for name, value in numbers.items()
            if value is not None
        ]
    return Report(title="Start-up", rows=tuple(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one round on PyTorch, without the live view")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    measured = report(measure_quickly() if options.quick else measure(rounds=options.rounds))
    print(measured.to_markdown())
    if options.json is not None:
        write_side_by_side(measured, options.json)


if __name__ == "__main__":
    main()
