"""W&B: offline without a key, the same id after a resume; against a stand-in for the package."""

import pytest

from hondo.core.errors import HondoError
from hondo.train.loggers.wandb_log import open_wandb


def test_an_offline_run_with_its_config(facts, image, wandb, tmp_path):
    logger = open_wandb(facts())
    logger.scalars({"loss": 0.5}, step=3)
    logger.image(image, step=3)
    logger.close()
    run = wandb.runs[0]
    assert run.options["mode"] == "offline" and run.options["project"] == "hondo" and run.is_finished
    assert run.options["config"]["optim"]["lr"] == 0.1 and run.options["dir"] == str(tmp_path)
    assert run.logged == [(3, {"loss": 0.5}), (3, {"samples": f"image of {image}"})]


def test_a_resumed_run_has_the_same_id_and_a_new_one_another(facts, wandb):
    for resume_at in (None, 5, None):
        open_wandb(facts(resume_at=resume_at)).close()
    first, resumed, new = (run.options["id"] for run in wandb.runs)
    assert first == resumed != new and wandb.runs[1].options["resume"] == "allow"


@pytest.mark.parametrize(
    ("given", "mode"),
    [
        ({"WANDB_API_KEY": "x"}, "online"),
        ({"WANDB_MODE": "disabled", "WANDB_API_KEY": "x"}, "disabled"),
        ({}, "offline"),
    ],
)
def test_the_environment_decides(facts, wandb, monkeypatch, given, mode):
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    open_wandb(facts()).close()
    assert wandb.runs[0].options["mode"] == mode


def test_what_it_raises_is_one_line(facts, wandb):
    def fail(**options):
        raise RuntimeError("api_key not\nconfigured")

    wandb.init = fail
    with pytest.raises(HondoError, match="W&B cannot be opened: api_key not configured; set WANDB_MODE=offline"):
        open_wandb(facts())
