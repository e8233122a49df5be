"""The adapted model as files of other runtimes, each compared with torch."""

from dataclasses import dataclass
from pathlib import Path

from hondo.core.errors import MissingExtraError
from hondo.engines.table import ENGINES
from hondo.evaluate.parity import Parity, export_checked
from hondo.models.depth import DepthModel
from hondo.recipes.demo.config import DemoConfig
from hondo.recipes.demo.voice import Voice

EXPORTED_TO = ("onnx_runtime", "openvino_ir")


@dataclass(frozen=True, kw_only=True)
class Exported:
    """One written file, and how far it is from torch."""

    engine: str
    path: Path
    parity: Parity


def export_all(model: DepthModel, config: DemoConfig, *, stem: str, licence: str, voice: Voice) -> list[Exported]:
    """A file for every runtime that is installed, at ``speed_hw``; the others are skipped with a line."""

    def export(engine: str) -> Exported | None:
        path = config.out / f"{stem}{ENGINES[engine].SUFFIX}"
        try:
            parity = export_checked(model, path, engine=engine, size_hw=config.speed_hw, licence=licence)
        except MissingExtraError as error:
            voice.note(f"{engine} skipped: {error}")
            return None
        voice.note(f"{path.name}: {parity}")
        return Exported(engine=engine, path=path, parity=parity)

    return [one for one in voice.each("exporting", EXPORTED_TO, export) if one is not None]
