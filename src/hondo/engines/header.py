"""What an exported file says about itself, so that the file alone is enough to run it."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec, Size

KEY = "hondo"  # the metadata entry of an ONNX file, and the rt_info entry of an OpenVINO one


@dataclass(frozen=True, kw_only=True)
class Int8Facts:
    """How a network was quantised: on how many pictures, what stayed in float, and how far its depth is off."""

    pictures: int  # of the calibration
    kept: tuple[str, ...] = ()  # modules that are not in int8
    beside: str = "fp32"  # what they and the operations between are computed in
    drop: float | None = None  # relative abs_rel of the depth to the full model's


@dataclass(frozen=True, kw_only=True)
class ExportHeader:
    """Name, unit and input of an exported network; ``precision`` is the one it was exported for."""

    name: str
    kind: DepthKind
    input_spec: InputSpec
    precision: str = "fp32"
    licence: str = ""
    int8: Int8Facts | None = None

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str | None, *, path: Path) -> "ExportHeader":
        """Reads the header of ``path``; a file that hondo did not export has none and is refused."""
        if not text:
            raise HondoError(
                f"{path}: has no hondo metadata, so what it takes and gives is not known; make it with hondo export"
            )
        try:
            stored = json.loads(text)
            spec = stored.pop("input_spec")
            spec: dict[str, Any] = {
                key: tuple(value) if isinstance(value, list) else value for key, value in spec.items()
            }
            int8 = stored.get("int8") and Int8Facts(**stored["int8"] | {"kept": tuple(stored["int8"]["kept"])})
            return cls(**stored | {"kind": DepthKind(stored["kind"]), "input_spec": InputSpec(**spec), "int8": int8})
        except (KeyError, TypeError, ValueError) as error:
            raise HondoError(f"{path}: its hondo metadata cannot be read ({error}); export it again") from error


def export_spec(spec: InputSpec, *, size_hw: Size | None, dynamic: bool) -> InputSpec:
    """The input of an exported file: one size (pictures are letterboxed), or any if dynamic; normalised inside."""
    return replace(spec, size_hw=size_hw or spec.size_hw, fixed=not dynamic, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
