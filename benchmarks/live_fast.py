"""dpt-fast live: frames a second at 640x192 in each precision: python benchmarks/live_fast.py [--quick] [--json FILE]

As benchmarks/live.py, on OpenVINO with fresh weights: the predictor alone, by turns with the live loop without a viewer
(decode, predict, steady), and `hondo live` with one WebSocket viewer on the same machine, which shares its cores. The
integers are calibrated on the embedded clip. A target says what the seeds set out for on a GPU.
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from live import NETWORK_HW, by_turns, make_film, watch

from hondo.core.atomic import atomic_write
from hondo.core.report import Report, Row
from hondo.data.datasets.embedded_clip import embedded_clip
from hondo.engines.load import ModelSettings, load
from hondo.engines.registry import ENGINES
from hondo.evaluate.parity.export_model import export_model
from hondo.video.sources.sampling import calibration_reader

PRECISIONS = ("fp32", "bf16", "int8")
FPS, WANTED = 60.0, 30.0  # of the film; of the live view
TINY = {"encoder": "mobilenetv4_conv_small+vit_tiny_patch16_224", "features": 8}


def exported(folder: Path, *, model: str, precision: str, engine: str, settings: ModelSettings) -> str:
    """The model as `hondo live` takes it: an exported file."""
    reader = calibration_reader(str(embedded_clip().images), count=16) if precision == "int8" else None
    suffix = ENGINES[engine].suffix
    written = export_model(
        model, folder / f"{precision}{suffix}", engine=engine, settings=replace(settings, precision=precision),
        calibration=reader, force=True, on_progress=lambda line: print(line, file=sys.stderr, flush=True),
    )  # fmt: skip
    return str(written.path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="dpt-fast", help="or a run folder of it; the name has fresh weights")
    parser.add_argument("--precisions", nargs="+", default=PRECISIONS)
    parser.add_argument("--files", type=Path, help="a folder that keeps the exported files for the next call")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--quick", action="store_true", help="a tiny network for a moment")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    seconds, rounds, most, precisions = (given.seconds, 1, None, given.precisions)
    engine, weights, options = "openvino", "random" if given.model == "dpt-fast" else None, {}
    if given.quick:
        seconds, most, precisions, engine, options = 0.5, 8, ("fp32",), "torch", TINY
    settings = ModelSettings(engine=engine, weights=weights, size_hw=NETWORK_HW, options=options)
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.files or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        film = make_film(folder / "film.mp4", fps=FPS, most=most)
        for precision in precisions:
            stored = folder / f"{precision}{ENGINES[engine].suffix}"
            file = str(stored) if stored.exists() else exported(
                folder, model=given.model, precision=precision, engine=engine, settings=settings
            )  # fmt: skip
            predictor = load(file, engine=engine)
            alone = by_turns(folder, predictor, seconds=seconds, rounds=rounds, most=most)
            predictor.close()
            seen = watch(film, "--model", file, "--engine", engine, seconds=seconds, warm_s=min(5.0, seconds))
            numbers = {
                "predictor alone": alone.engine, "live, no viewer": alone.loop, "live, a viewer": seen.fps,
                "latency": float(np.median(seen.latencies_ms)),
            }  # fmt: skip
            found += [
                Row(name=name, value=value, unit="ms" if name == "latency" else "1/s",
                    better="lower" if name == "latency" else "higher", subject=precision)
                for name, value in numbers.items()
            ]  # fmt: skip
            print(f"{precision}: {numbers}", file=sys.stderr, flush=True)
    wanted = tuple(Row(name=name, value=WANTED, unit="1/s", better="higher", subject="wanted")
                   for name in ("live, no viewer", "live, a viewer"))  # fmt: skip
    notes = (f"{engine}, {NETWORK_HW[1]}x{NETWORK_HW[0]}, {seconds:g} s each, a 640x480 film of {FPS:g} frames/s",)
    report = Report(title="dpt-fast live", rows=(*found, *wanted), notes=notes)
    print(report.to_markdown())
    if given.json is not None:
        atomic_write(given.json, report.to_json().encode())


if __name__ == "__main__":
    main()
