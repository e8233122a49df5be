"""The models that clients may request by name: a fixed list, each loaded at its first use."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hondo.core.errors import HondoError
from hondo.core.predictor_protocol import Predictor
from hondo.core.types import Size
from hondo.core.waiting import WAITING
from hondo.engines.base.predictor import NetworkPredictor
from hondo.web.http.refusal import Refusal

Load = Callable[[str], Predictor]
WEBCAM_HW = (480, 640)  # the most common image size: compiled before the server is ready


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """A model as /v1/models lists it; fields that require the loaded model are None until then."""

    name: str
    is_loaded: bool
    preparing: str = ""  # what is done while it is loaded, e.g. "compiling hondo-small on openvino"
    kind: str | None = None
    unit: str | None = None
    network_size_hw: Size | None = None
    engine: str | None = None
    precision: str | None = None
    device: str | None = None


class ServedModels:
    """Models by name; names are never paths. The first model is the default."""

    def __init__(self, models: Sequence[str], *, load: Load) -> None:
        self._given = {shown_name(model): model for model in models}
        if not models or len(self._given) != len(models):
            raise HondoError(f"models {','.join(models)}: give at least one model, each once", field="models")
        self._load = load
        self._loaded: dict[str, Predictor] = {}
        self._common_size: dict[str, Predictor] = {}  # the same networks, see ``get``
        self._preparing: dict[str, str] = {}  # by name, of the models that are loaded now
        self._locks = {name: asyncio.Lock() for name in self._given}

    @property
    def default(self) -> str:
        """The name of the default model."""
        return next(iter(self._given))

    def load_default(self) -> Predictor:
        """Loads the first model at the start of the server, so that an unknown name is reported at once."""
        return self._keep(self.default, self._load(self._given[self.default]))

    async def get(self, name: str | None, *, pool: Executor, any_size: bool = False) -> Predictor:
        """The model of this name (None: the default); concurrent requests for it wait while it loads.

        It maps images to the network sizes of a few common aspect ratios, since an engine compiles for each size, which
        takes seconds: clients must not be able to request many of them. ``any_size`` is for the server's own camera.
        """
        name = self.default if name is None else name
        if name not in self._given:
            raise Refusal(404, f"no model '{name[:60]}'; see /v1/models")
        async with self._locks[name]:
            if name not in self._loaded:
                try:
                    await asyncio.get_running_loop().run_in_executor(pool, self._load_and_warm, name)
                except HondoError as error:
                    raise Refusal(422, f"{name} cannot be loaded: {error}") from error
        return self._loaded[name] if any_size else self._common_size[name]

    def listed(self) -> list[ServedModel]:
        """All models, the default first."""
        return [self._facts(name) for name in self._given]

    def close(self) -> None:
        """Frees the loaded models."""
        for predictor in self._loaded.values():
            predictor.close()

    def _load_and_warm(self, name: str) -> None:
        self._preparing[name] = "loading"
        try:
            with _waits(lambda text: self._preparing.update({name: text})):
                predictor = self._load(self._given[name])
                predictor.with_common_sizes().warm(WEBCAM_HW)
        finally:
            del self._preparing[name]
        self._keep(name, predictor)

    def _keep(self, name: str, predictor: Predictor) -> Predictor:
        if isinstance(predictor, NetworkPredictor):  # messages to clients name it without the folders of this machine
            predictor = replace(predictor, name=name)
        self._loaded[name], self._common_size[name] = predictor, predictor.with_common_sizes()
        return predictor

    def _facts(self, name: str) -> ServedModel:
        predictor = self._loaded.get(name)
        if predictor is None:
            return ServedModel(name=name, is_loaded=False, preparing=self._preparing.get(name, ""))
        return ServedModel(
            name=name, is_loaded=True, kind=str(predictor.kind), unit=predictor.kind.unit, engine=predictor.engine,
            network_size_hw=predictor.input_spec.size_hw, precision=predictor.precision, device=predictor.device,
        )  # fmt: skip


def shown_name(model: str) -> str:
    """The name of a model for clients: of a file or run folder, its own name without the folders."""
    return Path(model).stem if Path(model).suffix else Path(model).name


@contextmanager
def _waits(on_wait: Callable[[str], None]) -> Iterator[None]:
    """Passes on what this thread waits for (``hondo.core.waiting``) while the block runs."""
    thread = threading.get_ident()

    class Told(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == thread and record.getMessage():
                on_wait(record.getMessage())

    told, level = Told(), WAITING.level
    WAITING.addHandler(told)
    WAITING.setLevel(logging.INFO)
    try:
        yield
    finally:
        WAITING.removeHandler(told)
        WAITING.setLevel(level)
