"""Parity and latency of one model on every engine, for benchmarks/engines.py; what is done is kept in a folder."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from engines_plain import Plain, plain
from engines_report import LATENCY

from hondo.core.cache import read_cached, write_cached
from hondo.core.errors import HondoError
from hondo.core.processor import hardware
from hondo.core.report import commit
from hondo.core.sample import Samples
from hondo.core.types import Size
from hondo.engines.base.engine import ExportOptions, LoadOptions
from hondo.engines.base.metadata import export_spec
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.load import build_depth_model
from hondo.engines.quantization.calibration import QuantizationOptions, calibration_of
from hondo.engines.registry import ENGINES
from hondo.evaluate.parity.check_set import CheckSet, check_samples
from hondo.evaluate.parity.parity import compare_on
from hondo.evaluate.speed.comparison import LatencyComparison, alternate_with
from hondo.evaluate.speed.latency import conditions, network_call
from hondo.evaluate.speed.memory import file_size_mib
from hondo.evaluate.speed.peak import measure_peak
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.macs import count_macs

ENGINES_SHOWN = ("openvino", "onnx", "torch")
PRECISIONS_SHOWN = ("fp32", "bf16", "int8", "int8-dynamic", "int8-weights")
NOT_TIMED = ("int8-weights",)  # computed in float: smaller, not faster


@dataclass(frozen=True, kw_only=True)
class Case:
    """A model at the size that the field quotes it at; without ``weights`` it is fresh."""

    name: str
    size_hw: Size
    weights: Path | None = None
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What all models share: images to judge by, images to calibrate on, and how long to look."""

    samples: Samples
    calibration: list
    images: int
    rounds: int
    seconds: float
    max_drop: float
    engines: Sequence[str] = ENGINES_SHOWN  # that are measured
    precisions: Sequence[str] = PRECISIONS_SHOWN
    plain: bool = False  # latency also of what each tool's own converter gives


@dataclass(frozen=True, kw_only=True)
class Variant:
    """An engine in a precision: a file that it exports, or else the model itself, served from memory."""

    engine: str
    precision: str
    has_file: bool

    def __str__(self) -> str:
        return f"{self.engine}-{self.precision}"

    def file(self, folder: Path) -> Path:
        return folder / f"{self}{ENGINES[self.engine].suffix}"

    def facts(self, folder: Path) -> Path:
        """Where it is kept how far it is from torch, or why it is not there."""
        return folder / f"{self}.json"

    def serve(self, model: DepthModel, folder: Path) -> NetworkPredictor:
        load = ENGINES[self.engine].load
        if self.has_file:
            return load(self.file(folder), LoadOptions(device="cpu"))
        return load(model, LoadOptions(device="cpu", precision=self.precision))


def variants(engines: Sequence[str] = ENGINES_SHOWN, precisions: Sequence[str] = PRECISIONS_SHOWN) -> Iterator[Variant]:
    """All that the engines offer; torch in float32 is what they are compared with."""
    for engine in engines:
        exported, served = ENGINES[engine].export_precisions, ENGINES[engine].precisions
        for precision in precisions:
            if precision in (*exported, *served) and (engine, precision) != ("torch", "fp32"):
                yield Variant(engine=engine, precision=precision, has_file=precision in exported)


def measure_parity(case: Case, plan: Plan, *, folder: Path) -> None:
    """Exports what is missing and compares it with torch; what an engine refuses is kept with its reason."""
    shown = variants(plan.engines, plan.precisions)
    missing = [variant for variant in shown if read_cached(variant.facts(folder)) is None]
    if not missing:
        return
    model = build(case)
    spec = export_spec(model.input_spec, size_hw=case.size_hw, dynamic=False)
    checked = check_samples(model, plan.samples, spec=spec, most=plan.images)
    calibration = calibration_of(plan.calibration, spec=model.input_spec, size_hw=case.size_hw)
    quantization = QuantizationOptions(calibration=calibration, max_abs_rel_error=plan.max_drop, on_progress=tell)
    folder.mkdir(parents=True, exist_ok=True)
    for variant in missing:
        try:
            facts = compared(variant, checked, quantization=quantization, size_hw=case.size_hw, folder=folder)
        except HondoError as error:
            facts = {"reason": str(error)}
        tell(f"{case.name} {variant}: {facts.get('reason', 'compared')}")
        write_cached(variant.facts(folder), facts | {"commit": commit()})


def compared(
    variant: Variant, checked: CheckSet, *, quantization: QuantizationOptions, size_hw: Size, folder: Path
) -> dict[str, Any]:
    """Parity and file size of a variant, which is exported first."""
    engine, precision = ENGINES[variant.engine], variant.precision
    if variant.has_file:
        images = quantization if precision in engine.calibrated else None
        options = ExportOptions(size_hw=size_hw, precision=precision, quantization=images)
        engine.export(checked.model, variant.file(folder), options)
    predictor = variant.serve(checked.model, folder)
    size = file_size_mib(variant.file(folder)) if variant.has_file else None
    facts = asdict(compare_on(checked, predictor)) | {"file_mib": size}
    predictor.close()
    return facts


def measure_latency(case: Case, plan: Plan, *, folder: Path) -> None:
    """Every variant that may be fast and was compared, or is exported here without images, and eager torch, in turn."""
    kept = folder / LATENCY
    if read_cached(kept) is not None:
        return
    model = build(case)
    fast = [each for each in variants(plan.engines, plan.precisions) if each.precision not in NOT_TIMED]
    found = [each for each in fast if is_ready(each, model, size_hw=case.size_hw, folder=folder)]
    if not found:
        return
    gmacs, under, roof = count_macs(model, size_hw=case.size_hw) / 1e9, str(conditions()), measure_peak()
    times: dict[str, LatencyComparison] = {}
    plains: dict[str, Plain | str] = {}
    engines = dict.fromkeys(each.engine for each in found)
    for engine in engines:  # apart: the threads of one engine wait for more work on the cores of the next
        if plan.plain:
            plains[engine] = plain(engine, model, case.size_hw)
        of_engine = [each for each in found if each.engine == engine]
        times |= alternated(case, model, of_engine, plan=plan, folder=folder, plain=plains.get(engine))
    facts = {}
    for each in found:
        facts[str(each)] = numbers(times[str(each)], least_ms=roof.least_ms(gmacs=gmacs, precision=each.precision))
        beside = plains.get(each.engine)
        if isinstance(beside, Plain):
            name = f"plain {each.engine} {beside.precision}"
            facts[str(each)] |= {"plain": name, "over_plain": times[name].second.median_ms / facts[str(each)]["ms"]}
    refused = {engine: made for engine, made in plains.items() if isinstance(made, str)}
    common = {
        "gmacs": gmacs, "conditions": under, "hardware": hardware(), "roof": asdict(roof), "commit": commit(),
        "plain_refused": refused, "is_random": case.weights is None,
    }  # fmt: skip
    noise = dict.fromkeys(doubt for versus in times.values() for doubt in versus.first.noise.doubts())
    write_cached(kept, common | {"variants": facts, "noise": list(noise)})
    for name, fact in facts.items():
        tell(f"{case.name} {name}: {fact['ms']:.1f} ms, {fact['speed_up']:.2f} x eager torch")


def is_ready(variant: Variant, model: DepthModel, *, size_hw: Size, folder: Path) -> bool:
    """Whether a variant can be timed. A file that was not compared yet is exported, if it needs no images: latency does
    not follow from accuracy."""
    facts = read_cached(variant.facts(folder))
    if facts is not None:
        return "abs_rel" in facts
    if variant.precision in ENGINES[variant.engine].calibrated:
        return False
    if variant.has_file and not variant.file(folder).exists():
        folder.mkdir(parents=True, exist_ok=True)
        options = ExportOptions(size_hw=size_hw, precision=variant.precision)
        try:
            ENGINES[variant.engine].export(model, variant.file(folder), options)
        except HondoError as error:
            tell(f"{variant}: {error}")
            return False
    return True


def alternated(
    case: Case, model: DepthModel, variants: Sequence[Variant], *, plan: Plan, folder: Path, plain: Plain | str | None
) -> dict[str, LatencyComparison]:
    """Eager torch, the variants of one engine, and what the engine's own converter gives, in turn."""
    served = {str(variant): variant.serve(model, folder) for variant in variants}
    calls = {name: network_call(predictor, size_hw=case.size_hw) for name, predictor in served.items()}
    if calls and isinstance(plain, Plain):
        calls[f"plain {variants[0].engine} {plain.precision}"] = plain.call
    eager = network_call(ENGINES["torch"].load(model, LoadOptions(device="cpu")), size_hw=case.size_hw)
    times = alternate_with(eager, calls, warmup=2, runs=plan.rounds, seconds=plan.seconds) if calls else {}
    for predictor in served.values():
        predictor.close()
    return times


def numbers(versus: LatencyComparison, *, least_ms: float) -> dict[str, Any]:
    """Times, and how many times as fast as eager torch with the 95 % interval."""
    return {
        "ms": versus.second.median_ms,
        "eager_ms": versus.first.median_ms,
        "speed_up": 1 / versus.ratio,
        "low": 1 / versus.high,
        "high": 1 / versus.low,
        "roof_share": least_ms / versus.second.median_ms,
        "rounds": versus.first.runs,
        "doubts": list(versus.doubts()),
    }


def build(case: Case) -> DepthModel:
    torch.manual_seed(0)
    return build_depth_model(case.name, weights=str(case.weights or "random"), options=case.options)


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
