"""A run folder with a sample image, and stand-ins for packages that ``make test`` does not install."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hondo.images.read import write_image
from hondo.train.loggers.run_logger import RunFacts


@pytest.fixture
def facts(tmp_path: Path) -> Callable[..., RunFacts]:
    config = {"optim": {"lr": 0.1, "betas": (0.9, 0.99)}, "name": "video", "commit": "abc"}
    return lambda **changes: RunFacts(**{"folder": tmp_path, "name": "video", "config": config} | changes)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return write_image(tmp_path / "000003.png", np.full((4, 6, 3), 77, np.uint8))


class FakeRun:
    """Keeps what it is given."""

    def __init__(self, **options: Any) -> None:
        self.options, self.logged, self.is_finished = options, [], False

    def log(self, values: dict[str, Any], *, step: int) -> None:
        self.logged.append((step, values))

    def finish(self) -> None:
        self.is_finished = True


@pytest.fixture
def wandb(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module: Any = ModuleType("wandb")
    module.runs, module.login, module.Image = [], lambda prompt: False, lambda path: f"image of {path}"

    def init(**options: Any) -> FakeRun:
        module.runs.append(FakeRun(**options))
        return module.runs[-1]

    module.init = init
    monkeypatch.setitem(sys.modules, "wandb", module)
    for name in ("WANDB_MODE", "WANDB_API_KEY", "WANDB_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    return module


class FakeClient:
    """An MLflow server in memory; ``is_away``: it answers no record."""

    is_away = False

    def __init__(self, uri: str) -> None:
        self.uri, self.calls, self.params = uri, [], {}
        FakeClient.latest = self

    def get_experiment_by_name(self, name: str) -> Any:
        return None

    def create_experiment(self, name: str) -> str:
        return f"experiment {name}"

    def create_run(self, experiment_id: str, *, run_name: str) -> Any:
        return SimpleNamespace(info=SimpleNamespace(run_id=f"{experiment_id}/{run_name}"))

    def log_param(self, run_id: str, name: str, value: str) -> None:
        self.params[name] = value

    def _take(self, *call: Any) -> None:
        if self.is_away:
            raise ConnectionError("no route to host")
        self.calls.append(call)

    def log_metric(self, run_id: str, name: str, value: float, *, step: int) -> None:
        self._take(run_id, name, value, step)

    def log_artifact(self, run_id: str, path: str, folder: str) -> None:
        self._take(run_id, Path(path).name, folder)

    def set_terminated(self, run_id: str) -> None:
        self._take(run_id, "ended")


@pytest.fixture
def mlflow(monkeypatch: pytest.MonkeyPatch) -> type[FakeClient]:
    module, tracking = ModuleType("mlflow"), ModuleType("mlflow.tracking")
    client = type("MlflowClient", (FakeClient,), {})
    tracking.MlflowClient = client  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mlflow", module)
    monkeypatch.setitem(sys.modules, "mlflow.tracking", tracking)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME", raising=False)
    return client
