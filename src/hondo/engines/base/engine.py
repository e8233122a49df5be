"""An engine as a value: its name, what it can do, and its two functions, export and load."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from hondo.core.errors import HondoError, MissingExtraError
from hondo.core.types import Size
from hondo.engines.base.metadata import Int8Facts
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.quantization.calibration import QuantizationOptions
from hondo.models.base.depth_model import DepthModel

EXACT = "fp32"
INT8_STATIC, INT8_DYNAMIC, INT8_WEIGHTS = "int8", "int8-dynamic", "int8-weights"


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """How a model is written to a file."""

    size_hw: Size | None = None  # of the network's input; None: the model's own
    precision: str = "fp32"
    dynamic: bool = False  # the file takes any size and batch instead of one
    batch: int = 1  # images at once of a file of one size
    licence: str = ""  # of the weights, stored in the file
    device: str = "auto"  # that machine code is compiled for
    quantization: QuantizationOptions | None = None
    trained_int8: Int8Facts | None = None  # the model rounds to 8 bits itself (nn/fake_quantize), as it was trained to
    history: tuple[dict[str, Any], ...] = ()  # how the model was compressed, stored in the file


@dataclass(frozen=True, kw_only=True)
class LoadOptions:
    """How a model or a file is run."""

    device: str = "auto"
    precision: str = "fp32"  # a file of a lower precision keeps its own
    threads: int | None = None  # of the CPU; None: the engine's choice


@dataclass(frozen=True, kw_only=True)
class Support:
    """How an engine supports one precision."""

    runs: bool = True  # models in memory
    exports: bool = True  # to files, which it then runs too
    devices: tuple[str, ...] = ()  # kinds that compute in it; none: all of the engine's
    images: Literal["none", "validate", "optional", "required"] = "none"  # for calibration; "validate": not for ranges


@dataclass(frozen=True, kw_only=True)
class Use:
    """What an engine is asked to do in a precision: to export a model, or to run a model or a file."""

    precision: str
    exports: bool = False
    dynamic: bool = False  # exported for any size
    batch: int = 1  # exported for so many images at once
    has_images: bool = False  # for calibration
    device: str = "auto"  # that runs it
    file: Path | None = None  # that is run; None: a model
    stored: str = ""  # the precision of the file, once it is read

    @property
    def computed(self) -> str:
        """The precision that is computed in, empty if not known yet: fp32 lets a file keep its own."""
        return self.stored if self.file is not None and self.precision == EXACT else self.precision


ExportFunction = Callable[[DepthModel, Path, ExportOptions], Path]
LoadFunction = Callable[[DepthModel | Path, LoadOptions], NetworkPredictor]
DEFAULT_EXPORT, DEFAULT_LOAD = ExportOptions(), LoadOptions()
UNSUPPORTED = Support(runs=False, exports=False)


@dataclass(frozen=True, kw_only=True)
class Engine:
    """One way to run a network. ``export`` and ``load`` check the options, then call the engine's own functions."""

    name: str
    load_function: LoadFunction
    supports: Mapping[str, Support]  # each precision that it runs or exports
    devices: tuple[str, ...]
    auto_device: Callable[[], str] = lambda: "cpu"  # the kind that "auto" is here
    export_function: ExportFunction | None = None  # None: it has no file format of its own
    interchangeable: tuple[str, ...] = ()  # precisions: a file in one of them runs in each
    suffix: str = ""  # of its files
    packages: tuple[str, ...] = ()  # it needs to run a file
    model_packages: tuple[str, ...] = ()  # it also needs to export a model, or to run one in memory
    extra: str = ""  # of hondo's, that installs the packages
    runs_models: bool = True  # False: it runs exported files only
    exports_dynamic: bool = True
    exports_batch: bool = True  # False: its files take any batch
    compared_on: str = "cpu"  # where an exported file is compared with torch
    advice: Mapping[str, str] = field(default_factory=dict)  # a precision it lacks -> what to use instead

    @property
    def precisions(self) -> tuple[str, ...]:
        """That it runs a model in."""
        return tuple(name for name, support in self.supports.items() if support.runs)

    @property
    def export_precisions(self) -> tuple[str, ...]:
        """That it writes files in."""
        return tuple(name for name, support in self.supports.items() if support.exports)

    @property
    def calibrated(self) -> tuple[str, ...]:
        """Precisions whose export uses calibration images."""
        return tuple(name for name, support in self.supports.items() if support.images in ("optional", "required"))

    def export(self, model: DepthModel, path: Path, options: ExportOptions = DEFAULT_EXPORT) -> Path:
        """Writes ``model`` to ``path`` and returns the path."""
        has_images = options.quantization is not None or options.trained_int8 is not None
        self.check_export(path, options, has_images=has_images)
        if options.dynamic and model.input_spec.fixed:
            height, width = model.input_spec.size_hw
            raise HondoError(
                f"{model.name} was built for {height}x{width} images only; leave out dynamic=True", field="dynamic"
            )
        assert self.export_function is not None  # as check_export makes sure
        return self.export_function(model, path, options)

    def load(self, source: DepthModel | Path, options: LoadOptions = DEFAULT_LOAD) -> NetworkPredictor:
        """Runs a model, or an exported file."""
        self.check_load(source, options)
        return self.load_function(source, options)

    def check_export(self, path: Path, options: ExportOptions, *, has_images: bool) -> None:
        """Refuses what it does not export; ``has_images``: for calibration."""
        if self.export_function is None:
            raise HondoError(f"{path}: {self.name} has no file format; {self.advice['export']}", field="engine")
        precision, dynamic, batch = options.precision, options.dynamic, options.batch
        self.check(Use(precision=precision, exports=True, dynamic=dynamic, batch=batch, has_images=has_images))
        self._check_shape(path, options)
        self._check_packages(self.packages + self.model_packages)

    def check_load(self, source: DepthModel | Path | None, options: LoadOptions) -> None:
        """Refuses what it does not run; None: a model that is not built yet."""
        file = source if isinstance(source, Path) else None
        if file is None and not self.runs_models:
            name = "the model" if source is None else source.name
            raise HondoError(
                f"{self.name} runs {self.suffix} files; export {name} to {self.name} first", field="engine"
            )
        self._check_device(options.device)
        self.check(Use(precision=options.precision, device=options.device, file=file))
        self._check_packages(self.packages + (() if file else self.model_packages))

    def precision_of_file(self, options: LoadOptions, *, stored: str, path: Path) -> str:
        """The precision that a file runs in, which was exported in ``stored``."""
        return self.check(Use(precision=options.precision, device=options.device, file=path, stored=stored))

    def check(self, use: Use) -> str:
        """Refuses what it does not do in a precision; gives the precision that is computed in."""
        reason = self.refusal(use)
        if reason:
            raise HondoError(reason, field="precision")
        return use.computed

    def refusal(self, use: Use) -> str:
        """Why it does not do something in a precision; empty where it does. Nothing else in hondo decides this."""
        support, named = self.supports.get(use.precision, UNSUPPORTED), f"precision '{use.precision}'"
        if support.images == "required" and not (use.has_images or use.file):
            remedy = (
                "add calibration=SOURCE, a folder, glob or video of scenes like those the model will see"
                if use.exports
                else f'export a file with precision="{use.precision}" and calibration=SOURCE, and load that'
            )
            return f"{named} needs calibration images: {remedy}"
        offered = self._offered(use)
        if use.precision not in offered:
            advice = f"; {self.advice[use.precision]}" if use.precision in self.advice else ""
            return f"{named} is not offered by {self.name}; choose one of: {', '.join(offered)}{advice}"
        if support.images == "required" and use.dynamic:
            return f"{named} is exported for one size; leave out dynamic=True"
        if support.images == "required" and use.batch > 1:
            return f"{named} is calibrated image by image; leave out batch={use.batch}"
        if support.images == "none" and use.has_images:
            return f"{self.name} uses no calibration images for {named}; leave them out"
        if use.stored and use.computed != use.stored and not {use.stored, use.precision} <= {*self.interchangeable}:
            return f'{use.file} was exported in {use.stored}; export it again with precision="{use.precision}"'
        return "" if use.exports else self._refusal_of_device(use)

    def _offered(self, use: Use) -> list[str]:
        """The precisions of its exports, or of the models or files that it runs."""
        return [
            name
            for name, support in self.supports.items()
            if (support.exports and (use.exports or use.file)) or (support.runs and not use.exports)
        ]

    def _refusal_of_device(self, use: Use) -> str:
        able = self.supports.get(use.computed, UNSUPPORTED).devices
        if not able or (kind := _kind(self.device_named(use.device))) in able:
            return ""
        there = [name for name in self._offered(use) if kind in (self.supports[name].devices or self.devices)]
        runs_on = " or ".join("the CPU" if each == "cpu" else each for each in able)
        return (
            f"precision '{use.computed}' of engine {self.name} runs on {runs_on}, not on {kind}; "
            f"choose one of: {', '.join(there)}"
        )

    def device_named(self, name: str) -> str:
        """The device of a name that users give, which may be "auto"."""
        return self.auto_device() if name == "auto" else name

    def is_installed(self) -> bool:
        """Whether all its packages are here (not whether they work)."""
        return not any(map(_is_missing, self.packages + self.model_packages))

    def _check_device(self, device: str) -> None:
        """Refuses a device that the engine does not know."""
        if _kind(device) not in ("auto", *self.devices):
            raise HondoError(
                f"device '{device}' is unknown to {self.name}; use one of: {', '.join(('auto', *self.devices))}",
                field="device",
            )

    def _check_shape(self, path: Path, options: ExportOptions) -> None:
        """Refuses files of any size that the engine does not have, and batches that mean nothing."""
        if options.dynamic and not self.exports_dynamic:
            raise HondoError(
                f"{path}: {self.name} files have one input size; leave out dynamic=True, or export to onnx",
                field="dynamic",
            )
        if options.batch < 1:
            raise HondoError(f"batch {options.batch} must be at least 1", field="batch")
        if options.batch > 1 and (options.dynamic or not self.exports_batch):
            what = "a file of any size" if options.dynamic else f"a {self.suffix} file"
            raise HondoError(f"{path}: {what} takes any batch; leave out batch={options.batch}", field="batch")

    def _check_packages(self, packages: tuple[str, ...]) -> None:
        missing = next(filter(_is_missing, packages), None)
        if missing is not None:
            raise MissingExtraError(missing, extra=self.extra)


def _kind(device: str) -> str:
    """``cuda`` of cuda:1, ``gpu`` of GPU.1."""
    return re.split("[:.]", device.lower())[0]


def _is_missing(package: str) -> bool:
    return find_spec(package) is None
