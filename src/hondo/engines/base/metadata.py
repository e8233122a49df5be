"""The header of an exported file, so that the file alone is enough to run it."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec, Size
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.macs import count_macs, count_parameters
from hondo.models.base.metric_calibration import MetricCalibration

KEY = "hondo"  # the metadata entry of an ONNX file, and the rt_info entry of an OpenVINO one
# What earlier versions called the facts about int8.
OLDER_NAMES = {"pictures": "images", "beside": "float_precision", "drop": "abs_rel_error"}


@dataclass(frozen=True, kw_only=True)
class Int8Facts:
    """How a network was quantized: on how many images, what stayed in float, and how far its depth is off."""

    images: int  # of the calibration
    kept: tuple[str, ...] = ()  # modules that are not in int8
    float_precision: str = "fp32"  # in which those and the operations between are computed
    abs_rel_error: float | None = None  # abs_rel of the depth to that of the float model

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Int8Facts":
        """From the JSON of a header, whatever version of hondo wrote it."""
        facts: dict[str, Any] = {OLDER_NAMES.get(key, key): value for key, value in stored.items()}
        facts["kept"] = tuple(facts.get("kept", ()))
        return cls(**facts)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The cost of the exported model: parameters, and multiply-accumulates for one image of ``size_hw``."""

    macs: int
    parameters: int
    size_hw: Size


@dataclass(frozen=True, kw_only=True)
class ExportHeader:
    """Name, unit and input of an exported network; ``precision`` is the one it was exported for."""

    name: str
    kind: DepthKind
    input_spec: InputSpec
    precision: str = "fp32"
    licence: str = ""
    int8: Int8Facts | None = None
    cost: Cost | None = None
    bin_crc32: int | None = None  # of an OpenVINO .xml: what its .bin holds
    num_previous: int = 0  # frames before the image that the network also takes
    batch: int = 1  # images that a file of one size takes at once
    metres: MetricCalibration | None = None  # how the model got its metres, where they were measured

    @classmethod
    def of(cls, model: DepthModel, *, precision: str, input_spec: InputSpec | None = None) -> "ExportHeader":
        """The header of a model, with its own input or another."""
        spec = input_spec or model.input_spec
        return cls(
            name=model.name, kind=model.kind, input_spec=spec, precision=precision, num_previous=model.num_previous,
            metres=model.metres,
        )  # fmt: skip

    def to_json(self) -> str:
        """The text that an exported file stores; ``from_json`` reads it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str | None, *, path: Path) -> "ExportHeader":
        """Reads the header of ``path``; a file that hondo did not export has none and is refused."""
        if not text:
            raise HondoError(
                f"{path}: has no hondo metadata, so its inputs and outputs are not known; make it with hondo export"
            )
        try:
            stored = json.loads(text)
            spec = stored.pop("input_spec")
            spec: dict[str, Any] = {
                key: tuple(value) if isinstance(value, list) else value for key, value in spec.items()
            }
            int8 = stored.get("int8") and Int8Facts.from_dict(stored["int8"])
            cost = stored.get("cost") and Cost(**stored["cost"] | {"size_hw": tuple(stored["cost"]["size_hw"])})
            metres = stored.get("metres") and MetricCalibration(**stored["metres"])
            read = {
                "metres": metres,
                "kind": DepthKind(stored["kind"]),
                "input_spec": InputSpec(**spec),
                "int8": int8,
                "cost": cost,
            }
            return cls(**stored | read)
        except (KeyError, TypeError, ValueError) as error:
            raise HondoError(f"{path}: its hondo metadata cannot be read ({error}); export it again") from error


def header_of(
    model: DepthModel, *, spec: InputSpec, precision: str, licence: str, batch: int = 1, int8: Int8Facts | None = None
) -> ExportHeader:
    """The header of a file that a model is exported to, with this input."""
    header = ExportHeader.of(model, input_spec=spec, precision=precision)
    return replace(header, licence=licence, batch=batch, int8=int8, cost=cost_of(model, size_hw=spec.size_hw))


def cost_of(model: DepthModel, *, size_hw: Size) -> Cost:
    """The cost of a model for an image of this size."""
    return Cost(macs=count_macs(model, size_hw=size_hw), parameters=count_parameters(model), size_hw=size_hw)


def export_spec(spec: InputSpec, *, size_hw: Size | None, dynamic: bool) -> InputSpec:
    """The input of an exported file: one size (images are letterboxed), or any if dynamic; normalised inside."""
    return replace(spec, size_hw=size_hw or spec.size_hw, fixed=not dynamic, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
