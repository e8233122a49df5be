"""The header of an exported file, so that the file alone is enough to run it."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from hondo.core.check_config import COUNT, NOT_NEGATIVE, Limits, check_config
from hondo.core.errors import HondoError, reason_of
from hondo.core.integrity.seal import FREE, check_whole
from hondo.core.text_file import load_object
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

    def __post_init__(self) -> None:
        check_config(self, name="int8", limits={"images": NOT_NEGATIVE, "abs_rel_error": NOT_NEGATIVE})

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

    def __post_init__(self) -> None:
        limits = {"macs": NOT_NEGATIVE, "parameters": NOT_NEGATIVE, "size_hw": COUNT}
        check_config(self, name="cost", limits=limits)


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
    bin_crc32: int | None = None  # of an OpenVINO .xml of an earlier hondo: what its .bin holds
    num_previous: int = 0  # frames before the image that the network also takes
    batch: int = 1  # images that a file of one size takes at once
    metres: MetricCalibration | None = None  # how the model got its metres, where they were measured
    has_confidence: bool = False  # beside the depth, as a second channel
    history: tuple[dict[str, Any], ...] = ()  # the steps that made a compressed model
    sha256: str = ""  # of the whole file, see core/integrity/seal; none in memory, and in files of an earlier hondo

    def __post_init__(self) -> None:
        check_config(self, name="", limits={"num_previous": Limits(at_least=0, at_most=64), "batch": COUNT})

    @classmethod
    def of(cls, model: DepthModel, *, precision: str, input_spec: InputSpec | None = None) -> "ExportHeader":
        """The header of a model, with its own input or another."""
        spec = input_spec or model.input_spec
        return cls(
            name=model.name, kind=model.kind, input_spec=spec, precision=precision, num_previous=model.num_previous,
            metres=model.metres, has_confidence=model.has_confidence,
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
            stored = load_object(text, name="the hondo metadata")
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
                "history": tuple(stored.get("history", ())),
            }
            return cls(**stored | read)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise HondoError(
                f"{path}: its hondo metadata cannot be read ({reason_of(error)}); export it again"
            ) from error

    def check_whole(self, path: Path, *, second_file: Path | None = None) -> None:
        """Refuses a file that is not as it was written; ``second_file``: a second file of the export."""
        if self.sha256:
            check_whole(path, self.sha256, second_file=second_file)


def header_of(
    model: DepthModel, *, spec: InputSpec, precision: str, licence: str, batch: int = 1, int8: Int8Facts | None = None
) -> ExportHeader:
    """The header of a file that a model is exported to, with this input; the file is still to be sealed."""
    header = ExportHeader.of(model, input_spec=spec, precision=precision)
    cost = cost_of(model, size_hw=spec.size_hw)
    return replace(header, licence=licence, batch=batch, int8=int8, cost=cost, sha256=FREE)


def cost_of(model: DepthModel, *, size_hw: Size) -> Cost:
    """The cost of a model for an image of this size."""
    return Cost(macs=count_macs(model, size_hw=size_hw), parameters=count_parameters(model), size_hw=size_hw)


def export_spec(spec: InputSpec, *, size_hw: Size | None, dynamic: bool) -> InputSpec:
    """The input of an exported file: one size (images are letterboxed), or any if dynamic; normalised inside."""
    return replace(spec, size_hw=size_hw or spec.size_hw, fixed=not dynamic, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
