"""An engine as a value: its name, what it can do, and its two functions, export and load."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from hondo.core.errors import HondoError, MissingExtraError
from hondo.core.types import Size
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.quantization.calibration import QuantizationOptions
from hondo.models.base.depth_model import DepthModel

INT8_STATIC, INT8_DYNAMIC, INT8_WEIGHTS = "int8", "int8-dynamic", "int8-weights"
INT8 = (INT8_STATIC, INT8_DYNAMIC, INT8_WEIGHTS)


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """How a model is written to a file."""

    size_hw: Size | None = None  # of the network's input; None: the model's own
    precision: str = "fp32"
    dynamic: bool = False  # the file takes any size instead of one
    licence: str = ""  # of the weights, stored in the file
    device: str = "auto"  # that machine code is compiled for
    quantization: QuantizationOptions | None = None


@dataclass(frozen=True, kw_only=True)
class LoadOptions:
    """How a model or a file is run."""

    device: str = "auto"
    precision: str = "fp32"  # a file of a lower precision keeps its own
    threads: int | None = None  # of the CPU; None: the engine's choice


ExportFunction = Callable[[DepthModel, Path, ExportOptions], Path]
LoadFunction = Callable[[DepthModel | Path, LoadOptions], NetworkPredictor]
DEFAULT_EXPORT, DEFAULT_LOAD = ExportOptions(), LoadOptions()


@dataclass(frozen=True, kw_only=True)
class Engine:
    """One way to run a network. ``export`` and ``load`` check the options, then call the engine's own functions."""

    name: str
    load_function: LoadFunction
    precisions: tuple[str, ...]  # that it runs a model in
    devices: tuple[str, ...]
    export_function: ExportFunction | None = None  # None: it has no file format of its own
    export_precisions: tuple[str, ...] = ()
    calibrated: tuple[str, ...] = ()  # precisions whose export uses calibration images
    suffix: str = ""  # of its files
    packages: tuple[str, ...] = ()  # it needs to run a file
    model_packages: tuple[str, ...] = ()  # it also needs to export a model, or to run one in memory
    extra: str = ""  # of hondo's, that installs the packages
    runs_models: bool = True  # False: it runs exported files only
    exports_dynamic: bool = True
    compared_on: str = "cpu"  # where an exported file is compared with torch
    advice: Mapping[str, str] = field(default_factory=dict)  # a precision it lacks -> what to use instead

    def export(self, model: DepthModel, path: Path, options: ExportOptions = DEFAULT_EXPORT) -> Path:
        """Writes ``model`` to ``path`` and returns the path."""
        if self.export_function is None:
            raise HondoError(f"{path}: {self.name} has no file format; {self.advice['export']}", field="engine")
        self._check_precision(options.precision, self.export_precisions)
        if options.dynamic and not self.exports_dynamic:
            raise HondoError(
                f"{path}: {self.name} files have one input size; leave out dynamic=True, or export to onnx",
                field="dynamic",
            )
        self._check_quantization(options)
        self._check_packages(self.packages + self.model_packages)
        return self.export_function(model, path, options)

    def load(self, source: DepthModel | Path, options: LoadOptions = DEFAULT_LOAD) -> NetworkPredictor:
        """Runs a model, or an exported file."""
        is_file = isinstance(source, Path)
        if not is_file and not self.runs_models:
            raise HondoError(
                f"{self.name} runs {self.suffix} files; export {source.name} to {self.name} first", field="engine"
            )
        if options.precision == INT8_STATIC in self.calibrated and not is_file:
            raise HondoError(
                f"precision '{INT8_STATIC}' needs calibration images: export a file with "
                f'precision="{INT8_STATIC}" and calibration=SOURCE, and load that',
                field="precision",
            )
        self._check_precision(options.precision, self.precisions + (self.export_precisions if is_file else ()))
        self._check_device(options.device)
        self._check_packages(self.packages + (() if is_file else self.model_packages))
        return self.load_function(source, options)

    def is_installed(self) -> bool:
        """Whether all its packages are here (not whether they work)."""
        return not any(map(_is_missing, self.packages + self.model_packages))

    def _check_device(self, device: str) -> None:
        """Refuses a device that the engine does not know."""
        kind = re.split("[:.]", device.lower())[0]
        if kind not in ("auto", *self.devices):
            raise HondoError(
                f"device '{device}' is unknown to {self.name}; use one of: {', '.join(('auto', *self.devices))}",
                field="device",
            )

    def _check_precision(self, precision: str, allowed: tuple[str, ...]) -> None:
        if precision not in allowed:
            choices = ", ".join(dict.fromkeys(allowed))
            advice = f"; {self.advice[precision]}" if precision in self.advice else ""
            raise HondoError(
                f"precision '{precision}' is not offered by {self.name}; choose one of: {choices}{advice}",
                field="precision",
            )

    def _check_quantization(self, options: ExportOptions) -> None:
        if options.precision == INT8_STATIC and options.quantization is None:
            raise HondoError(
                f"precision '{INT8_STATIC}' needs calibration images: add calibration=SOURCE, a folder, glob or video "
                "of scenes like those the model will see",
                field="precision",
            )
        if options.precision == INT8_STATIC and options.dynamic:
            raise HondoError(
                f"precision '{INT8_STATIC}' is exported for one size; leave out dynamic=True", field="precision"
            )
        if options.quantization is not None and options.precision not in self.calibrated:
            raise HondoError(
                f"{self.name} uses no calibration images for precision '{options.precision}'; leave them out",
                field="calibration",
            )

    def _check_packages(self, packages: tuple[str, ...]) -> None:
        missing = next(filter(_is_missing, packages), None)
        if missing is not None:
            raise MissingExtraError(missing, extra=self.extra)


def precision_of_file(asked: str, *, stored: str, path: Path) -> str:
    """The precision that a file was exported in; fp32 asks for nothing, and any other must be equal."""
    if asked not in ("fp32", stored):
        raise HondoError(
            f'{path} was exported in {stored}; export it again with precision="{asked}"', field="precision"
        )
    return stored


def _is_missing(package: str) -> bool:
    return find_spec(package) is None
