"""MLflow: parameters, metrics by step and images; against a stand-in, and the real package if it is there."""

import importlib
from importlib.util import find_spec

import pytest

from hondo.core.errors import HondoError, HondoWarning
from hondo.train.loggers.mlflow_log import open_mlflow


def test_a_run_in_files(facts, image, mlflow, tmp_path):
    logger = open_mlflow(facts())
    logger.scalars({"loss": 0.5, "lr": 0.1}, step=3)
    logger.image(image, step=3)
    logger.close()
    client, run_id = mlflow.latest, f"experiment hondo/{tmp_path.name}"
    assert client.uri == (tmp_path / "mlruns").as_uri()
    assert client.params == {"optim.lr": "0.1", "optim.betas": "(0.9, 0.99)", "name": "video", "commit": "abc"}
    assert client.calls == [
        (run_id, "loss", 0.5, 3),
        (run_id, "lr", 0.1, 3),
        (run_id, "000003.png", "samples"),
        (run_id, "ended"),
    ]


def test_a_resumed_run_goes_on_in_the_same_record(facts, mlflow, tmp_path):
    open_mlflow(facts()).close()
    resumed = open_mlflow(facts(resume_at=3))
    resumed.scalars({"loss": 0.5}, step=4)
    assert mlflow.latest.calls == [(f"experiment hondo/{tmp_path.name}", "loss", 0.5, 4)] and not mlflow.latest.params


def test_a_server_that_goes_away_is_one_warning(facts, image, mlflow):
    logger = open_mlflow(facts())
    mlflow.is_away = True
    with pytest.warns(HondoWarning, match="did not take a record: no route to host") as seen:
        logger.scalars({"loss": 0.5}, step=3)
        logger.image(image, step=3)
        logger.close()
    assert len(seen) == 1


def test_one_that_was_never_there_is_refused(facts, mlflow, monkeypatch):
    def fail(self, name):
        raise ConnectionError("refused")

    monkeypatch.setattr(mlflow, "get_experiment_by_name", fail)
    with pytest.raises(HondoError, match="MLflow cannot be opened: refused; check MLFLOW_TRACKING_URI"):
        open_mlflow(facts())


@pytest.mark.slow
@pytest.mark.skipif(find_spec("mlflow") is None, reason="mlflow-skinny is not installed")
@pytest.mark.filterwarnings("ignore")
def test_the_real_package(facts, image, tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    logger = open_mlflow(facts())
    logger.scalars({"loss": 0.5}, step=3)
    logger.image(image, step=3)
    logger.close()
    client = importlib.import_module("mlflow.tracking").MlflowClient((tmp_path / "mlruns").as_uri())
    run = client.get_run((tmp_path / "mlflow.id").read_text())
    assert run.data.metrics == {"loss": 0.5} and run.data.params["optim.lr"] == "0.1"
