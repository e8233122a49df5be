"""How fast the models that ship are: python benchmarks/shipped_speed.py [--quick] [--json REPORT]

hondo-nano and hondo-small at 640x192 in the precision that is chosen by itself, and in float32: from an image to its
depth map, the network alone, and images a second with 2 and 4 requests at once. A row says what is wanted of the whole
call. With --json the rows of other machines in that file are kept.
"""

import argparse
from pathlib import Path

from engines_machines import write_side_by_side

from hondo.core.report import Report, Row
from hondo.core.types import Size
from hondo.engines.load import load
from hondo.evaluate.speed.latency import BenchConfig, BenchResult, bench

SIZE: Size = (192, 640)
WANTED_FPS = {"hondo-nano": 60.0, "hondo-small": 20.0}
SHOWN = ("end to end", "FPS", "median", "throughput", "throughput at 2 requests", "throughput at 4 requests")
CONFIG = BenchConfig(size_hw=SIZE, requests=(2, 4), seconds=5.0)
QUICK = BenchConfig(size_hw=(64, 96), requests=(2,), warmup=0, runs=1)


def measured(name: str, *, precision: str, engine: str, config: BenchConfig) -> BenchResult:
    """A model that ships, by its name."""
    assert config.size_hw is not None
    with load(name, engine=engine, precision=precision, size_hw=config.size_hw) as predictor:
        return bench(predictor, config=config)


def rows_of(name: str, result: BenchResult, *, precision: str) -> list[Row]:
    """The rows that are shown, and the wanted rate of the whole call."""
    height, width = result.size_hw
    chosen = f"{result.engine} {result.precision}" + (" (chosen)" if precision == "auto" else "")
    subject = f"{name} {width}x{height} {chosen}"
    rows = [Row(**vars(row) | {"subject": subject}) for row in result.rows() if row.name in SHOWN]
    if precision == "auto":
        rows.append(Row(name="wanted FPS", value=WANTED_FPS[name], unit="1/s", subject=subject))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one call of hondo-nano on PyTorch")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    config, engine = (QUICK, "torch") if given.quick else (CONFIG, "auto")
    rows: list[Row] = []
    for name in ("hondo-nano",) if given.quick else WANTED_FPS:
        for precision in ("fp32",) if given.quick else ("auto", "fp32"):
            result = measured(name, precision=precision, engine=engine, config=config)
            rows += rows_of(name, result, precision=precision)
    report = Report(title="Speed of the models that ship", rows=tuple(rows))
    print(report.to_markdown())
    if given.json is not None:
        write_side_by_side(report, given.json)


if __name__ == "__main__":
    main()
