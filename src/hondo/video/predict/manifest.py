"""predictions.json: what was predicted, how, and where it lies; written item by item, so that memory stays constant."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from hondo.core.atomic import put_in_place, temporary_path
from hondo.core.types import Size

NAME = "predictions.json"


@dataclass(frozen=True, kw_only=True)
class RunInfo:
    """What all items of a run share."""

    model: str
    weights_sha256: str | None
    engine: str
    precision: str


@dataclass(frozen=True, kw_only=True)
class Item:
    """One image or frame. ``png`` is relative to the folder; (pixel - offset) / factor is of ``kind`` in ``unit``.

    None: not there. A failed item has an error. ``milliseconds``: from image to map, without reading and writing.
    """

    source: str
    png: str | None = None
    kind: str | None = None
    unit: str | None = None
    factor: float | None = None
    offset: float | None = None
    width: int | None = None
    height: int | None = None
    network_size_hw: Size | None = None
    time_s: float | None = None
    milliseconds: float | None = None
    metric: str | None = None  # how a map that was up to scale became metric; written only where it did
    error: str | None = None


class PredictionsFile:
    """A context in which items are added; the complete file appears when the context ends, also by Ctrl-C.

    A run that ends with an error before its first item leaves the file of an earlier run as it is.
    """

    def __init__(self, folder: Path, info: RunInfo) -> None:
        self._path = folder / NAME
        self._info = info
        self._file: IO[str] | None = None
        self._is_first = True

    def __enter__(self) -> "PredictionsFile":
        self._temporary = temporary_path(self._path)
        self._file = self._temporary.open("w", encoding="utf-8")
        head = json.dumps(asdict(self._info), indent=1)
        self._file.write(head.removesuffix("\n}") + ',\n "items": [')
        return self

    def add(self, item: Item) -> None:
        """Appends an item."""
        assert self._file is not None
        stored = asdict(item)
        if item.metric is None:
            del stored["metric"]
        self._file.write(("\n  " if self._is_first else ",\n  ") + json.dumps(stored))
        self._is_first = False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._file is not None
        try:
            self._file.write("\n ]\n}\n")
            self._file.close()
            if error is None or not self._is_first or not self._path.exists():
                put_in_place(self._temporary, self._path)
        except OSError:
            if error is None:
                raise
        finally:
            self._temporary.unlink(missing_ok=True)
