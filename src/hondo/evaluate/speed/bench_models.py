"""Benchmarks several models on this machine and compares two: what ``hondo bench`` prints and stores."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from hondo.core.errors import HondoError
from hondo.core.report import Report
from hondo.core.types import Size
from hondo.core.waiting import WAITING
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.load import ModelSettings, has_no_weights, is_exported, weights_file
from hondo.engines.registry import ENGINES
from hondo.evaluate.speed.comparison import LatencyComparison, alternate
from hondo.evaluate.speed.latency import BenchConfig, BenchResult, bench, network_call, protocol_config
from hondo.evaluate.speed.peak import PeakThroughput, measure_peak
from hondo.models.base.depth_model import DepthModel


@dataclass(frozen=True, kw_only=True)
class SpeedResults:
    """What was measured: each model, the machine's peak throughput, and the latency ratio of two models."""

    labels: tuple[str, ...]
    results: tuple[BenchResult, ...]
    roof: PeakThroughput | None
    versus: LatencyComparison | None
    protocol: str = ""
    untrained: tuple[str, ...] = ()  # measured with random weights, since they come without

    def report(self) -> Report:
        """One row for each number of each model."""
        rows = tuple(row for result in self.results for row in result.rows())
        return Report(title="Speed on this machine", rows=rows, notes=self._notes(), protocol=self.protocol)

    def to_markdown(self) -> str:
        """The report, and the heaviest layers of each model with their kernels."""
        return "\n".join(
            [self.report().to_markdown(), *(layer_table(result) for result in self.results if result.layers)]
        )

    def verdict(self) -> str | None:
        """Which of two models is faster; None where none were compared."""
        return None if self.versus is None else self.versus.verdict(first=self.labels[0], second=self.labels[1])

    def doubts(self) -> tuple[str, ...]:
        """Why the results are inconclusive; of a comparison only the latency ratio counts."""
        if self.versus is not None:
            return self.versus.doubts()
        return tuple(f"{one.model} {one.engine}: {doubt}" for one in self.results for doubt in one.doubts)

    def to_json(self) -> str:
        """All numbers, and the report."""
        stored = {
            "results": [asdict(result) for result in self.results],
            "roof": None if self.roof is None else asdict(self.roof),
            "versus": None if self.versus is None else asdict(self.versus),
            "report": json.loads(self.report().to_json()),
        }
        return json.dumps(stored, indent=1)

    def _notes(self) -> tuple[str, ...]:
        first = self.results[0]
        of = "the network's size" if first.image_hw == first.size_hw else "{}x{}".format(*first.image_hw)
        times = (
            "median with its 95 % confidence interval, p95, min, throughput: the network alone; "
            "preprocess: image to network input; postprocess: output to depth map; "
            f"end to end, FPS: an image of {of} to its depth map"
        )
        untrained = tuple(f"{name}: random weights, which take the same time" for name in self.untrained)
        notes = (times, str(first.conditions), *untrained)
        if self.roof is None:
            return notes
        return (*notes, f"peak throughput of this machine: {self.roof}")


def layer_table(result: BenchResult) -> str:
    """The heaviest layers of a model, as Markdown."""
    lines = [
        f"### Heaviest layers of {result.model} {result.engine} {result.precision}",
        "",
        "| ms | share [%] | operation | kernel | layer |",
        "|---:|---:|---|---|---|",
    ]
    for layer in result.layers:
        share = 100 * layer.milliseconds / result.median_ms
        lines.append(f"| {layer.milliseconds:.3f} | {share:.0f} | {layer.kind} | {layer.kernel} | {layer.name} |")
    return "\n".join(lines) + "\n"


def bench_config(
    *,
    protocol: str | None,
    size_hw: Size | None,
    image_hw: Size | None,
    batch: int | None,
    warmup: int,
    runs: int,
    requests: tuple[int, ...] = (),
) -> BenchConfig:
    """How to measure; a protocol fixes the sizes and the batch."""
    if protocol is None:
        return BenchConfig(size_hw=size_hw, image_hw=image_hw, batch=batch, warmup=warmup, runs=runs, requests=requests)
    config = protocol_config(protocol, warmup=warmup)
    if size_hw is not None or image_hw is not None or batch not in (None, 1) or requests:
        raise HondoError(
            f"protocol {protocol} fixes sizes and batch, one image at a time; leave out size_hw, image_hw, batch and "
            "requests",
            field="protocol",
        )
    return config


def bench_models(
    models: Sequence[str], *, settings: ModelSettings, config: BenchConfig, compare: bool = False, peak: bool = True
) -> SpeedResults:
    """Measures each of ``models``: names, run folders or files, which may end in @ENGINE or @ENGINE:PRECISION.

    ``compare`` also alternates two models and gives their latency ratio. ``peak`` measures the machine's throughput.
    """
    if not models:
        raise HondoError("no MODEL given; name one from: hondo models")
    if compare and len(models) != 2:
        raise HondoError(
            f"compare takes two models, got {len(models)}; e.g. hondo-nano hondo-nano@torch", field="compare"
        )
    opened = [_open(text, settings=replace(settings, size_hw=config.size_hw)) for text in models]
    predictors, threads = [predictor for predictor, _ in opened], settings.threads
    WAITING.info("measuring the peak throughput of this machine")
    roof = measure_peak(device=_peak_device(predictors[0]), threads=threads) if peak else None
    results = []
    for done, (predictor, model) in enumerate(opened):
        WAITING.info("measuring models", extra={"done": done, "total": len(opened)})
        results.append(bench(predictor, config=config, model=model, threads=threads, roof=roof))
    return SpeedResults(
        labels=tuple(models),
        results=tuple(results),
        roof=roof,
        versus=_alternate(predictors, config) if compare else None,
        protocol=config.protocol,
        untrained=tuple(text for text in models if has_no_weights(split_model(text)[0], settings.weights)),
    )


def split_model(text: str) -> tuple[str, str | None, str | None]:
    """MODEL[@ENGINE[:PRECISION]] -> its three parts; an @ without an engine after it belongs to the name."""
    name, at, rest = text.rpartition("@")
    engine, _, precision = rest.partition(":")
    if not at or engine not in ENGINES:
        return text, None, None
    return name, engine, precision or None


def _open(text: str, *, settings: ModelSettings) -> tuple[NetworkPredictor, DepthModel | None]:
    """The predictor, and the torch model where it is not an exported file."""
    name, engine, precision = split_model(text)
    settings = replace(settings, engine=engine or settings.engine, precision=precision or settings.precision)
    if is_exported(name):
        return settings.load(name), None
    if has_no_weights(name, settings.weights):
        settings = replace(settings, weights="random")
    model = settings.build(name)
    file = weights_file(name, settings.weights)
    return replace(settings.load(model), name=name, weights_file=file), model


def _peak_device(predictor: NetworkPredictor) -> str:
    return predictor.device if predictor.device.startswith("cuda") else "cpu"


def _alternate(predictors: Sequence[NetworkPredictor], config: BenchConfig) -> LatencyComparison:
    first, second = (
        network_call(each, size_hw=config.size_hw or each.input_spec.size_hw, batch=config.batch or each.batch)
        for each in predictors
    )
    return alternate(first, second, warmup=config.warmup, runs=config.runs)
