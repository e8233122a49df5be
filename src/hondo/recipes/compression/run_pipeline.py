"""Runs a compression pipeline: each step logs accuracy, latency, MACs and bytes; a stopped one goes on."""

import json
import shutil
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from hondo.compress.steps import check_applies, compress, parse_steps
from hondo.core.atomic import atomic_write, make_writable_folder
from hondo.core.errors import HondoError
from hondo.core.processor import hardware
from hondo.core.report import Report, Row, markdown_table
from hondo.core.text_file import load_json, read_json
from hondo.engines.autoselect import candidates
from hondo.engines.base.engine import EXACT, INT8_STATIC, ExportOptions
from hondo.engines.load import ModelSettings, build_depth_model, engine_of_file
from hondo.engines.quantization.calibration import MAX_ABS_REL_ERROR, QuantizationOptions, calibration_of
from hondo.engines.quantization.unlike_data import warn_if_unlike
from hondo.evaluate.speed.memory import MIB, file_size_mib
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.macs import count_macs, count_parameters
from hondo.models.base.weights_file import save_model
from hondo.recipes.compression.compress_file import HISTORY, SUFFIX, checked_out, history_of
from hondo.recipes.compression.pipeline_steps import INT8, QAT, PipelineStep, parse_pipeline, writes_int8
from hondo.recipes.compression.qat import QatConfig, QuantizationAware, train_quantized
from hondo.recipes.compression.teach import TeachConfig, teach
from hondo.recipes.fitting.fit_data import FitData
from hondo.recipes.fitting.fit_measure import Workbench
from hondo.recipes.fitting.fit_results import Variant
from hondo.recipes.fitting.fit_target import FitTarget
from hondo.recipes.fitting.fit_truth import Truth, labelled_truth, own_truth
from hondo.recipes.recipe import ModelConfig
from hondo.recipes.starting_weights import licence_of

VALIDATED, CALIBRATION = 16, 48  # images
INT8_SUFFIXES = (".xml", ".onnx")


@dataclass(frozen=True, kw_only=True)
class LoggedStage:
    """The model after a step ("as it was" before all)."""

    step: str
    error: float  # abs_rel of the labels, or to the model as it was
    latency_ms: float  # of the end-to-end call
    macs: int
    parameters: int
    bytes: int  # of its file
    seconds: float = 0.0  # that the step took
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class PipelineRun:
    """What was written, and the log of every step."""

    path: Path
    stages: tuple[LoggedStage, ...]
    what: str  # an error is to what
    engine: str

    def report(self) -> Report:
        """One row a step; the difference between two rows is what the step did."""
        rows = []
        for stage in self.stages:
            subject = stage.step.replace("|", " ")
            rows += [
                Row(name="error", value=stage.error, better="lower", subject=subject),
                Row(name="latency", value=stage.latency_ms, unit="ms", better="lower", subject=subject),
                Row(name="MACs", value=stage.macs / 1e9, unit="G", better="lower", subject=subject),
                Row(name="parameters", value=stage.parameters / 1e6, unit="M", better="lower", subject=subject),
                Row(name="bytes", value=stage.bytes / MIB, unit="MiB", better="lower", subject=subject),
            ]
        notes = [f"error: {self.what}; latency: the end-to-end call on {self.engine}"]
        notes += [f"{stage.step}: {stage.note}" for stage in self.stages if stage.note]
        return Report(title=f"Pipeline of {self.path.name}", rows=tuple(rows), notes=tuple(notes))

    def to_markdown(self) -> str:
        """The table and its notes."""
        report = self.report()
        return "\n".join([markdown_table(report.rows), "", *(f"- {note}" for note in report.notes)])


def run_pipeline(
    model: str,
    steps: str,
    out: Path,
    *,
    data: FitData,
    settings: ModelSettings | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> PipelineRun:
    """``steps`` on ``model`` into ``out``; the input is never overwritten. The same call goes on after a stop."""
    asked, settings = parse_pipeline(steps), settings or ModelSettings()
    path = pipeline_out(out, asked, model=model, settings=settings)
    return _Pipeline(model, asked, path, data=data, settings=settings, say=say).run()


def pipeline_out(out: Path, steps: tuple[PipelineStep, ...], *, model: str, settings: ModelSettings) -> Path:
    """The file to write: .xml or .onnx after int8, else .safetensors."""
    if not writes_int8(steps):
        return checked_out(out, model=model, settings=settings)
    path = out if out.suffix else out.with_suffix(INT8_SUFFIXES[0])
    if path.suffix not in INT8_SUFFIXES:
        raise HondoError(
            f"a pipeline that ends in int8 writes {' or '.join(INT8_SUFFIXES)} files, got {path}", field="out"
        )
    return path


@dataclass(kw_only=True)
class _State:
    """What a stopped pipeline needs to go on: the stages so far; their models lie beside."""

    folder: Path
    stated: dict[str, Any]
    stages: list[LoggedStage] = field(default_factory=list)

    def read(self, steps: list[str]) -> None:
        """Takes over the stages of the same pipeline."""
        try:
            stored = read_json(self.folder / "stages.json")
            stages = [LoggedStage(**each) for each in stored["stages"]]
        except (OSError, HondoError, KeyError, TypeError):
            return
        same = stored["stated"] == load_json(json.dumps(self.stated), name="what was asked")
        names = [stage.step for stage in stages]
        if same and names == ["as it was", *steps][: len(names)]:
            self.stages = [each for place, each in enumerate(stages) if place == 0 or self.file(place).is_file()]

    def add(self, stage: LoggedStage) -> None:
        self.stages.append(stage)
        text = json.dumps({"stated": self.stated, "stages": list(map(asdict, self.stages))}, indent=1)
        atomic_write(self.folder / "stages.json", text.encode(), sync=True)

    def file(self, place: int) -> Path:
        return self.folder / f"{place}{SUFFIX}"


class _Pipeline:
    """One run."""

    def __init__(
        self, name: str, steps: tuple[PipelineStep, ...], path: Path, *, data: FitData, settings: ModelSettings,
        say: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.name, self.steps, self.path, self.data, self.say = name, steps, path, data, say
        self.parent = settings.build(name)
        weights = None if settings.weights is None else str(settings.weights)
        self.licence = licence_of(ModelConfig(name=name, weights=weights))
        self.training = history_of(name, settings=settings) | {"compressed_from": name}
        folder = make_writable_folder(path.with_name(f"{path.stem}-steps"), field="out")
        stated = {"model": name, "weights": weights, "options": dict(settings.options), "data": data.source}
        self.state = _State(folder=folder, stated=stated | {"hardware": hardware()})
        target = FitTarget(fps=1.0)
        self.bench = Workbench(model=self.parent, target=target, scratch=folder, licence=self.licence)
        self.bench.calibration = tuple(data.images(self.bench.image_hw, count=CALIBRATION))
        self.engine = candidates("auto", precision=EXACT)[0]
        self.truth = self._truth()
        self.trained: QuantizationAware | None = None

    def _truth(self) -> Truth:
        size_hw = self.bench.image_hw
        if self.data.has_labels:
            return labelled_truth(self.data.validation, kind=self.parent.kind, size_hw=size_hw, count=VALIDATED)
        images = self.data.validation_images(size_hw, count=VALIDATED)
        with self.bench.load(Variant(size_hw=size_hw, engine=self.engine, precision=EXACT)) as predictor:
            return own_truth(predictor, images)

    def run(self) -> PipelineRun:
        """All steps that are not done yet."""
        self.state.read([str(step) for step in self.steps])
        if not self.state.stages:
            self.log("as it was", self.parent, seconds=0.0)
        done = len(self.state.stages) - 1
        model = self.parent if not done else build_depth_model(self.state.file(done), weights=None, options={})
        if done:
            self.say(f"going on after '{self.state.stages[-1].step}'")
        for step in self.steps[done:]:
            began = time.perf_counter()
            if step.name in (QAT, INT8):
                self.int8_step(step, model, began=began)
            else:
                model, note = self.float_step(step, model)
                save_model(model, self.state.file(len(self.state.stages)), licence=self.licence, training={})
                self.log(str(step), model, seconds=time.perf_counter() - began, note=note)
        if not writes_int8(self.steps):
            save_model(model, self.path, licence=self.licence, training=self.training | {HISTORY: self.history()})
        found = PipelineRun(path=self.path, stages=tuple(self.state.stages), what=self.truth.what, engine=self.engine)
        shutil.rmtree(self.state.folder)
        return found

    def history(self) -> list[dict[str, Any]]:
        """The steps of earlier pipelines and of this one."""
        earlier: Any = self.training.get(HISTORY, [])
        return [*earlier, *(asdict(stage) for stage in self.state.stages)]

    def float_step(self, step: PipelineStep, model: DepthModel) -> tuple[DepthModel, str]:
        """Surgery, or learning from the model as it was."""
        self.say(f"step {step}")
        if step.is_surgery:
            (parsed,) = parse_steps(step.value)
            check_applies(model, parsed)
            made, stages = compress(model, step.value, images=self.bench.tensors)
            return made, str(stages[-1].kept)
        learned = deepcopy(model)
        is_changed = any(each.is_surgery and each.name != "size" for each in self.steps)
        config = TeachConfig(steps=step.steps, seconds=step.seconds, freeze_norm=not is_changed)
        loss = teach(
            learned, deepcopy(self.parent), self.data.train, config, size_hw=model.input_spec.size_hw,
            teacher_size_hw=self.bench.image_hw,
        )  # fmt: skip
        return learned.requires_grad_(False), f"loss {loss:.4f}"

    def int8_step(self, step: PipelineStep, model: DepthModel, *, began: float) -> None:
        """The last steps: an int8 file, plain or trained."""
        self.say(f"step {step}")
        target = engine_of_file(self.path)
        options = ExportOptions(size_hw=model.input_spec.size_hw, precision=INT8_STATIC, licence=self.licence)
        if self.trained is None or step.name == QAT:
            path = self.path if step.name == INT8 else self.state.folder / f"plain{self.path.suffix}"
            error = float(step.value) if step.name == INT8 else MAX_ABS_REL_ERROR if step.spares else float("inf")
            images = calibration_of(self.bench.calibration, spec=model.input_spec, size_hw=model.input_spec.size_hw)
            warn_if_unlike(images, self.training, model=self.name)
            plain = QuantizationOptions(calibration=images, max_abs_rel_error=error, on_progress=self.say)
            target.export(
                model, path, replace(options, quantization=plain, history=(*self.history(), {"step": str(step)}))
            )
        note = ""
        if step.name == QAT:
            error, kept = self.plain_int8(path, model)
            config = QatConfig(steps=step.steps, seconds=step.seconds)
            self.trained = train_quantized(
                model, self.data.train, config, size_hw=model.input_spec.size_hw, spared=kept, on_progress=self.say
            )
            note = f"plain int8 before it: {error:.4f}"
        if self.trained is not None:
            options = replace(options, trained_int8=self.trained.facts, history=(*self.history(), {"step": str(step)}))
            target.export(self.trained.model, self.path, options)
        self.log_file(str(step), model, seconds=time.perf_counter() - began, note=note)

    def plain_int8(self, path: Path, model: DepthModel) -> tuple[float, tuple[str, ...]]:
        """The error of an int8 file, and the layers that it keeps in float."""
        with self.bench.load_file(self.variant(model, INT8_STATIC), path) as predictor:
            assert predictor.int8 is not None
            return self.truth.error(predictor), predictor.int8.kept

    def variant(self, model: DepthModel, precision: str = EXACT) -> Variant:
        """What is measured of a model."""
        engine = self.engine if precision == EXACT else engine_of_file(self.path).name
        return Variant(size_hw=model.input_spec.size_hw, engine=engine, precision=precision, steps="now")

    def log(self, step: str, model: DepthModel, *, seconds: float, note: str = "") -> None:
        """Measures and logs a float model."""
        self.bench.made["now"] = model
        result = self.bench.measured(self.variant(model), self.truth)
        if result.failed:
            raise HondoError(f"after '{step}' the model does not run: {result.failed}")
        size = sum(tensor.numel() * tensor.element_size() for tensor in model.state_dict().values())
        if self.state.stages and self.state.file(len(self.state.stages)).is_file():
            size = self.state.file(len(self.state.stages)).stat().st_size
        self._log(step, model, error=result.error, latency_ms=result.latency_ms, size=size, seconds=seconds, note=note)

    def log_file(self, step: str, model: DepthModel, *, seconds: float, note: str) -> None:
        """Measures and logs the int8 file."""
        with self.bench.load_file(self.variant(model, INT8_STATIC), self.path) as predictor:
            latency, error = self.bench.timed(predictor).median_ms, self.truth.error(predictor)
            kept = () if predictor.int8 is None else predictor.int8.kept
        note = "; ".join(filter(None, (note, f"{len(kept)} layers stay in float" if kept else "")))
        size = round((file_size_mib(self.path) or 0.0) * MIB)
        self._log(step, model, error=error, latency_ms=latency, size=size, seconds=seconds, note=note)

    def _log(
        self, step: str, model: DepthModel, *, error: float, latency_ms: float, size: int, seconds: float, note: str
    ) -> None:
        stage = LoggedStage(
            step=step, error=error, latency_ms=latency_ms, macs=count_macs(model), parameters=count_parameters(model),
            bytes=size, seconds=seconds, note=note,
        )  # fmt: skip
        self.state.add(stage)
        costs = f"{stage.latency_ms:.1f} ms, {stage.macs / 1e9:.3f} GMAC, {stage.bytes / MIB:.2f} MiB"
        self.say(f"{step}: error {stage.error:.4f}, {costs}")
