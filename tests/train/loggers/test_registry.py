"""The table of loggers: each takes numbers and images, and a missing package names the extra."""

import builtins
import json

import pytest

from hondo.core.errors import HondoError, MissingExtraError
from hondo.train.loggers.registry import LOGGERS

PACKAGES = {"tensorboard": "torch.utils.tensorboard", "wandb": "wandb", "mlflow": "mlflow.tracking"}


@pytest.mark.parametrize("name", LOGGERS)
def test_contract(name, facts, image, wandb, mlflow):
    if name == "tensorboard":
        pytest.importorskip("tensorboard")
    logger = LOGGERS[name](facts())
    logger.scalars({"loss": 0.5, "lr": 1e-4}, step=3)
    logger.image(image, step=3)
    logger.close()
    again = LOGGERS[name](facts(resume_at=3))
    again.scalars({"loss": 0.25}, step=4)
    again.close()


@pytest.mark.parametrize("name", PACKAGES)
def test_a_missing_package_names_the_extra(name, facts, monkeypatch):
    imported = builtins.__import__

    def without(module, *rest):
        if module.startswith(PACKAGES[name]):
            raise ImportError(module)
        return imported(module, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r'is not installed; install it with: pip install "hondo\[track\]"'):
        LOGGERS[name](facts())


def test_json_lines(facts, tmp_path):
    logger = LOGGERS["jsonl"](facts())
    logger.scalars({"loss": 0.5}, step=3)
    logger.scalars({"loss": 0.4}, step=6)
    logger.close()
    again = LOGGERS["jsonl"](facts(resume_at=3))
    again.scalars({"loss": 0.3}, step=4)
    again.close()
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert lines == [{"step": 3, "loss": 0.5}, {"step": 4, "loss": 0.3}]


def test_an_unknown_logger_names_the_nearest():
    with pytest.raises(HondoError, match="did you mean wandb"):
        LOGGERS["wandbb"]
