"""Measures a variant: latency of the end-to-end call, error to the truth, MACs, parameters, size of its file."""

import itertools
import shutil
import time
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from hondo.compress.compressor import Images
from hondo.compress.steps import compress
from hondo.core.errors import HondoError, reason_of
from hondo.core.processor import hardware
from hondo.core.types import Size
from hondo.engines.base.engine import INT8_DYNAMIC, INT8_STATIC, INT8_WEIGHTS, ExportOptions, LoadOptions
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.load import build_depth_model
from hondo.engines.quantization.calibration import QuantizationOptions, calibration_of
from hondo.engines.registry import ENGINES
from hondo.evaluate.speed.noise import Noise
from hondo.evaluate.speed.timing import FEWEST, Timing, elapsed_ms, measure
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.macs import count_macs, count_parameters
from hondo.recipes.fitting.fit_results import Result, Variant
from hondo.recipes.fitting.fit_target import FitTarget
from hondo.recipes.fitting.fit_truth import Image, Truth

RUNS, SECONDS, WARMUP = 30, 2.0, 2  # of a quick latency measurement
SLOW_RUNS = 3  # of a model that cannot be called FEWEST times in that time
BYTES = {"fp32": 4.0, INT8_STATIC: 1.1, INT8_DYNAMIC: 1.1, INT8_WEIGHTS: 1.1}  # of a weight in a file; others: 2
MB = 1e6


@dataclass(kw_only=True)
class Workbench:
    """The parent model with its target and images, and the models that were made of it."""

    model: DepthModel
    target: FitTarget
    calibration: tuple[Image, ...] = ()  # for int8
    licence: str = ""
    scratch: Path = Path()
    made: dict[str, DepthModel] = field(default_factory=dict, repr=False)  # by steps
    int8: dict[tuple[Variant, str], Path] = field(default_factory=dict, repr=False)  # files in scratch
    until: float | None = None  # on time.perf_counter: when a search of layers for int8 is given up

    @cached_property
    def image_hw(self) -> Size:
        """The size of the images."""
        return self.target.size_hw or self.model.input_spec.size_hw

    def model_of(self, steps: str, weights: str = "") -> DepthModel:
        """The model after steps of compression, or the one in a file of ``weights`` that it was trained to."""
        if not steps and not weights:
            return self.model
        key = weights or steps
        if key not in self.made:
            made = build_depth_model(weights, weights=None, options={}) if weights else self._compressed(steps)
            self.made[key] = made.eval()
        return self.made[key]

    def _compressed(self, steps: str) -> DepthModel:
        return compress(self.model, steps, images=self.tensors)[0]

    @cached_property
    def tensors(self) -> Images:
        """Some calibration images as tensors, for steps that look at activations."""
        import torch

        return [torch.from_numpy(each).permute(2, 0, 1)[None].float() / 255 for each in self.calibration[:16]]

    def load(self, variant: Variant, weights: str = "") -> NetworkPredictor:
        """A predictor that sees every image at the variant's size."""
        if variant.precision == INT8_STATIC:
            name = f"int8-{len(self.int8)}{ENGINES[variant.engine].suffix}"
            path = self.export(variant, self.scratch / name, weights=weights)
            self.int8[variant, weights] = path
            return self.load_file(variant, path)
        options = LoadOptions(device=self.target.device, precision=variant.precision, threads=self.target.threads)
        predictor = ENGINES[variant.engine].load(self.model_of(variant.steps, weights), options)
        spec = replace(predictor.input_spec, size_hw=variant.size_hw, fixed=True)
        return replace(predictor, input_spec=spec)

    def load_file(self, variant: Variant, path: Path) -> NetworkPredictor:
        """A predictor of an exported file, in the precision of the variant."""
        options = LoadOptions(device=self.target.device, threads=self.target.threads)
        predictor = ENGINES[variant.engine].load(path, options)
        if not predictor.input_spec.fixed:  # torch's files take any size
            predictor = replace(
                predictor, input_spec=replace(predictor.input_spec, size_hw=variant.size_hw, fixed=True)
            )
        return predictor

    def export(self, variant: Variant, path: Path, *, weights: str = "") -> Path:
        """Writes the variant as a file of its engine; TimeoutError where int8 would take too long."""
        if (variant, weights) in self.int8:
            return _copied(self.int8[variant, weights], path)
        model, quantization = self.model_of(variant.steps, weights), None
        if variant.precision == INT8_STATIC:
            calibration = calibration_of(self.calibration, spec=model.input_spec, size_hw=variant.size_hw)
            quantization = QuantizationOptions(calibration=calibration, on_progress=self._check_time)
        options = ExportOptions(
            size_hw=variant.size_hw, precision=variant.precision, licence=self.licence, quantization=quantization,
            device=self.target.device,
        )  # fmt: skip
        if variant.engine == "torch" and variant.size_hw != model.input_spec.size_hw:
            model.set_input_spec(replace(model.input_spec, size_hw=variant.size_hw))
        return ENGINES[variant.engine].export(model, path, options)

    def _check_time(self, line: str) -> None:
        if self.until is not None and time.perf_counter() > self.until:
            raise TimeoutError(line)

    def measured(self, variant: Variant, truth: Truth, *, tuned: str = "", weights: str = "") -> Result:
        """Latency and error; an engine or a step that fails gives a result that says why. TimeoutError: see export."""
        began = time.perf_counter()
        common = {"variant": variant, "tuned": tuned, "weights": weights, "hardware": hardware()}
        try:
            with self.load(variant, weights) as predictor:
                timing = self.timed(predictor)
                error = truth.error(predictor)
            model = self.model_of(variant.steps, weights)
            macs, parameters = count_macs(model, size_hw=variant.size_hw), count_parameters(model)
        except (HondoError, RuntimeError, ValueError) as reason:
            spent = time.perf_counter() - began
            return Result(**common, failed=f"{type(reason).__name__}: {reason_of(reason)}"[:300], seconds=spent)
        if not np.isfinite(error):
            return Result(**common, failed="its depth is not finite", seconds=time.perf_counter() - began)
        return Result(
            **common, latency_ms=timing.median_ms, high_ms=timing.high_ms, error=error, gmacs=macs / 1e9,
            parameters=parameters, file_mb=parameters * BYTES.get(variant.precision, 2.0) / MB,
            doubts=timing.doubts(), seconds=time.perf_counter() - began,
        )  # fmt: skip

    def timed(self, predictor: NetworkPredictor, *, runs: int = RUNS, seconds: float = SECONDS) -> Timing:
        """The end-to-end call: a uint8 image to a map at its size."""
        images = np.random.default_rng(0).integers(0, 256, (4, *self.image_hw, 3), dtype=np.uint8)
        images = images if not self.calibration else np.stack(self.calibration[:4])
        turn = itertools.cycle(images)
        call = lambda: predictor(next(turn))  # noqa: E731
        call()
        if elapsed_ms(call) * FEWEST > 1500 * seconds:  # a slow model: its few calls say enough
            return Timing.of([elapsed_ms(call) for _ in range(SLOW_RUNS)], noise=Noise())
        return measure(call, warmup=WARMUP, runs=runs, seconds=seconds)


def _copied(source: Path, path: Path) -> Path:
    """An exported file, and the one beside it that holds the weights of an OpenVINO model."""
    for each in source.parent.glob(f"{source.stem}.*"):
        shutil.copy(each, path.with_suffix(each.suffix))
    return path
