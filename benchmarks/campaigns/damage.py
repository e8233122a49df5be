"""Flips bits in, zeroes pages of and truncates checkpoints, training states and exported files; every one is noticed.

python benchmarks/campaigns/damage.py --json
"""

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from campaign import Options, Tally, main

from hondo.core.errors import HondoError, HondoWarning
from hondo.engines.base.engine import ExportOptions
from hondo.engines.registry import ENGINES
from hondo.models.base.weights_file import save_model
from hondo.models.registry.build_model import build_model
from hondo.train.loop.checkpoint import RunFolder

SIZE_HW = (64, 96)
PAGE = 4096


def run(options: Options) -> Tally:
    """Each case damages one file at one place: in its first kilobytes, anywhere, or at its end."""
    tally, rng = Tally(), np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory() as made:
        subjects = _subjects(Path(made))
        for number in range(options.count):
            if options.is_over:
                break
            name, file, load = subjects[number % len(subjects)]
            whole = file.read_bytes()
            what, damaged = _damaged(whole, rng)
            file.write_bytes(damaged)
            try:
                _judge(tally, f"{name}: {what}", load)
            finally:
                file.write_bytes(whole)
    return tally


def _subjects(folder: Path) -> list[tuple[str, Path, Callable[[], object]]]:
    """Name, file and loader; exports only where their engine is installed."""
    model = build_model("unet", weights="random", encoder="light", width=0.25, size_hw=SIZE_HW).eval()
    checkpoint = save_model(model, folder / "model.safetensors", licence="Apache-2.0", training={"steps": 3})
    run_folder = RunFolder(folder / "run")
    for step in (1, 2):
        run_folder.save_state({"step": step, "weights": dict(model.state_dict()), "moments": [torch.zeros(1000)]})
    subjects = [
        ("checkpoint", checkpoint, lambda: build_model(checkpoint)),
        ("state", run_folder.state, run_folder.load_state),
    ]
    for engine in ("onnx", "openvino"):
        if ENGINES[engine].is_installed():
            path = folder / f"model{ENGINES[engine].suffix}"
            ENGINES[engine].export(model, path, ExportOptions())
            files = [path] if engine == "onnx" else [path, path.with_suffix(".bin")]
            load = lambda engine=engine, path=path: ENGINES[engine].load(path)  # noqa: E731
            subjects += [(file.name, file, load) for file in files]
    for _, _, load in subjects:
        load()  # whole files load
    return subjects


def _damaged(whole: bytes, rng: np.random.Generator) -> tuple[str, bytes]:
    """What was done, and the file after it."""
    places = {
        "start": rng.integers(min(PAGE, len(whole))),
        "middle": rng.integers(len(whole)),
        "end": len(whole) - 1 - rng.integers(min(64, len(whole))),
    }
    where = list(places)[rng.integers(3)]
    place = int(places[where])
    kind = ("bit", "page", "cut")[rng.integers(3)]
    content = bytearray(whole)
    if kind == "bit":
        content[place] ^= 1 << int(rng.integers(8))
    elif kind == "page":
        content[place : place + PAGE] = bytes(len(content[place : place + PAGE]))
        if bytes(content) == whole:
            content[place] ^= 0xFF
    else:
        del content[place:]
    return f"{kind} at {place} of {len(whole)} ({where})", bytes(content)


def _judge(tally: Tally, what: str, load: Callable[[], object]) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            load()
        except HondoError as error:
            tally.count("refused")
            if "\n" in str(error):
                tally.fault(f"{what}: not one line: {error}")
        except Exception as error:  # every other class is a fault
            tally.fault(f"{what}: {error!r}")
        else:
            fell_back = any(isinstance(each.message, HondoWarning) for each in said)
            tally.count("fallen back, said") if fell_back else tally.fault(f"{what}: loaded in silence")


if __name__ == "__main__":
    main("damage", run, asks="damaged files are refused or fallen back from, and said", count=1000, quick=30)
