"""The models that a client may name: a list fixed at the start, each loaded when it is first asked for."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.core.types import Predictor, Size
from hondo.web.http.refusal import Refusal

Load = Callable[[str], Predictor]
WEBCAM_HW = (480, 640)  # its network size is compiled before the server is ready


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """A model as clients see it; what only a loaded one knows is None before."""

    name: str
    is_loaded: bool
    kind: str | None = None
    unit: str | None = None
    network_size_hw: Size | None = None
    engine: str | None = None
    precision: str | None = None
    device: str | None = None


class ServedModels:
    """Models by the names that clients give, which are never paths; the first one is the default."""

    def __init__(self, models: Sequence[str], *, load: Load) -> None:
        self._given = {shown_name(model): model for model in models}
        if not models or len(self._given) != len(models):
            raise HondoError(f"models {','.join(models)}: name at least one model, each once", field="models")
        self._load = load
        self._loaded: dict[str, Predictor] = {}
        self._locks = {name: asyncio.Lock() for name in self._given}

    @property
    def default(self) -> str:
        return next(iter(self._given))

    def load_default(self) -> Predictor:
        """Loads the first model, at the start of the server: a wrong name is the operator's to hear."""
        self._loaded[self.default] = self._load(self._given[self.default]).with_common_sizes()
        return self._loaded[self.default]

    async def get(self, name: str | None, *, pool: Executor) -> Predictor:
        """The model of this name (None: the default); others wait while it loads."""
        name = self.default if name is None else name
        if name not in self._given:
            raise Refusal(404, f"no model '{name[:60]}' here; GET /v1/models lists them")
        async with self._locks[name]:
            if name not in self._loaded:
                loop = asyncio.get_running_loop()
                self._loaded[name] = await loop.run_in_executor(pool, self._load_and_warm, name)
        return self._loaded[name]

    def listed(self) -> list[ServedModel]:
        return [self._facts(name) for name in self._given]

    def close(self) -> None:
        for predictor in self._loaded.values():
            predictor.close()

    def _load_and_warm(self, name: str) -> Predictor:
        predictor = self._load(self._given[name]).with_common_sizes()
        predictor.warm(WEBCAM_HW)
        return predictor

    def _facts(self, name: str) -> ServedModel:
        predictor = self._loaded.get(name)
        if predictor is None:
            return ServedModel(name=name, is_loaded=False)
        return ServedModel(
            name=name, is_loaded=True, kind=str(predictor.kind), unit=predictor.kind.unit, engine=predictor.engine,
            network_size_hw=predictor.input_spec.size_hw, precision=predictor.precision, device=predictor.device,
        )  # fmt: skip


def shown_name(model: str) -> str:
    """What clients call a model: its name, or the file's or run's own name without the folders."""
    return Path(model).stem if Path(model).suffix else Path(model).name
