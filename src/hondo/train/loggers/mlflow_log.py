"""MLflow: to the server of MLFLOW_TRACKING_URI, else to files in RUN/mlruns."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hondo.core.atomic import atomic_write
from hondo.core.errors import HondoError, MissingExtraError, reason_of, warn
from hondo.train.loggers.run_logger import RunFacts, RunLogger, flattened

EXPERIMENT = "hondo"  # MLFLOW_EXPERIMENT_NAME names another
LONGEST = 500  # characters of a parameter's value; MLflow refuses more


def open_mlflow(facts: RunFacts) -> RunLogger:
    """A run of MLflow. Its id is kept in RUN/mlflow.id, so that a resumed run goes on in the same record."""
    try:
        from mlflow.tracking import MlflowClient  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise MissingExtraError("mlflow-skinny", extra="track") from error
    kept = facts.folder / "mlflow.id"
    server = os.environ.get("MLFLOW_TRACKING_URI")
    if not server:
        os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")  # MLflow 3 asks for it
    try:
        client = MlflowClient(server or (facts.folder / "mlruns").absolute().as_uri())
        if facts.resume_at is not None and kept.exists():
            return _MLflow(client, kept.read_text())
        run = client.create_run(_experiment(client), run_name=facts.folder.name)
        atomic_write(kept, run.info.run_id.encode())
        for name, value in flattened(facts.config).items():
            client.log_param(run.info.run_id, name, str(value)[:LONGEST])
    except Exception as error:  # its own errors, and those of the network
        raise HondoError(
            f"MLflow cannot be opened: {reason_of(error)[:300]}; check MLFLOW_TRACKING_URI, or leave out mlflow of "
            "loop.log",
            field="loop.log",
        ) from error
    return _MLflow(client, run.info.run_id)


def _experiment(client: Any) -> str:
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME", EXPERIMENT)
    found = client.get_experiment_by_name(name)
    return client.create_experiment(name) if found is None else found.experiment_id


class _MLflow:
    """Calls the server at each record; one that does not answer is a warning, and the run goes on."""

    def __init__(self, client: Any, run_id: str) -> None:
        self._client, self._run_id, self._has_warned = client, run_id, False

    def scalars(self, values: Mapping[str, float], *, step: int) -> None:
        self._send(
            lambda: [self._client.log_metric(self._run_id, name, value, step=step) for name, value in values.items()]
        )

    def image(self, path: Path, *, step: int) -> None:
        self._send(lambda: self._client.log_artifact(self._run_id, str(path), "samples"))

    def close(self) -> None:
        self._send(lambda: self._client.set_terminated(self._run_id))

    def _send(self, call: Any) -> None:
        try:
            call()
        except Exception as error:  # the run is worth more than its record
            if not self._has_warned:
                warn(f"MLflow did not take a record: {reason_of(error)[:200]}; the run goes on, metrics.jsonl has all")
            self._has_warned = True
