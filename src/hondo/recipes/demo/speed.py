"""How fast the adapted model is on this machine, on torch and on every runtime it was exported to."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hondo.core.report import Row
from hondo.engines.load import load
from hondo.engines.predictor import NetworkPredictor
from hondo.evaluate.latency import BenchConfig, bench
from hondo.models.depth import DepthModel
from hondo.recipes.demo.config import DemoConfig
from hondo.recipes.demo.exports import Exported
from hondo.recipes.demo.voice import Voice

SHOWN = ("FPS", "whole call", "median", "p95", "file")
PARITY = "difference to torch"  # the largest, as a share of the mean value


def speed_rows(
    model: DepthModel, exported: Sequence[Exported], config: DemoConfig, *, weights_file: Path, voice: Voice
) -> list[Row]:
    """Frames a second of the whole call (picture in, map out), the network's own times, and each file's parity."""
    torch_predictor = replace(load(model, engine="pytorch", device="cpu"), weights_file=weights_file)
    subjects = [(torch_predictor, None), *((load(one.path), one) for one in exported)]
    measured = voice.each("measuring speed", subjects, lambda pair: _rows(*pair, model=model, config=config))
    return [row for rows in measured for row in rows]


def _rows(
    predictor: NetworkPredictor, exported: Exported | None, *, model: DepthModel, config: DemoConfig
) -> list[Row]:
    setup = BenchConfig(
        size_hw=config.speed_hw, warmup=min(10, config.bench_runs), runs=config.bench_runs, seconds=config.bench_seconds
    )
    spec = replace(predictor.input_spec, size_hw=config.speed_hw)
    rows = {row.name: row for row in bench(replace(predictor, input_spec=spec), config=setup, model=model).rows()}
    kept = [rows[name] for name in SHOWN if name in rows]
    predictor.close()
    if exported is None:
        return kept
    return [*kept, Row(name=PARITY, value=exported.parity.max_share, better="lower", subject=kept[0].subject)]
