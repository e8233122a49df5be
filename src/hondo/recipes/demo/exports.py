"""The adapted model as files of other runtimes, each compared with torch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hondo.core.errors import MissingExtraError
from hondo.core.report import Row
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.load import load
from hondo.engines.registry import ENGINES
from hondo.evaluate.parity.parity import Parity, export_checked
from hondo.evaluate.speed.latency import BenchConfig, bench
from hondo.models.base.depth_model import DepthModel
from hondo.recipes.demo.demo_config import DemoConfig, ProgressReporter

EXPORTED_TO = ("onnx", "openvino")


@dataclass(frozen=True, kw_only=True)
class Exported:
    """One written file, and how far it is from torch."""

    engine: str
    path: Path
    parity: Parity


def export_all(
    model: DepthModel, config: DemoConfig, *, stem: str, licence: str, progress: ProgressReporter
) -> list[Exported]:
    """A file for every runtime that is installed, at ``speed_hw``; the others are skipped with a line."""

    def export(engine: str) -> Exported | None:
        path = config.out / f"{stem}{ENGINES[engine].suffix}"
        try:
            parity = export_checked(model, path, engine=engine, size_hw=config.speed_hw, licence=licence)
        except MissingExtraError as error:
            progress.note(f"{engine} skipped: {error}")
            return None
        progress.note(f"{path.name}: {parity}")
        return Exported(engine=engine, path=path, parity=parity)

    return [one for one in progress.each("exporting", EXPORTED_TO, export) if one is not None]


SHOWN = ("FPS", "end to end", "median", "p95", "file")
PARITY = "difference to torch"  # the largest, as a share of the mean value


def speed_rows(
    model: DepthModel,
    exported: Sequence[Exported],
    config: DemoConfig,
    *,
    weights_file: Path,
    progress: ProgressReporter,
) -> list[Row]:
    """Frames a second end to end (image to depth map), the network's own times, and each file's parity."""
    torch_predictor = replace(load(model, engine="torch", device="cpu", precision="fp32"), weights_file=weights_file)
    auto = replace(load(model, device="cpu", precision="auto"), weights_file=weights_file)
    subjects = [(torch_predictor, None), *((load(one.path), one) for one in exported)]
    if auto.precision != torch_predictor.precision:
        subjects.append((auto, None))
    measured = progress.each("measuring speed", subjects, lambda pair: _rows(*pair, model=model, config=config))
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
