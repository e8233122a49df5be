"""What can be evaluated, by its name."""

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.evaluate.subject import ModelSettings, PredictionSettings, open_subject


def opened(name: str, **options):
    settings = {"protocol": "dense", "model": ModelSettings(), "predictions": PredictionSettings()}
    return open_subject(name, **({"origins": ["a.jpg"]} | settings | options))


def test_files_of_others_say_how_they_are_read(tmp_path):
    np.save(tmp_path / "a.npy", np.ones((4, 6), np.float32))
    assert opened(str(tmp_path)).notes == (
        "files that do not say what they hold are read as metric_depth, PNG16 x 256",
    )
    assert "x 1000" in opened(str(tmp_path), protocol="nyu-eigen").notes[0]


def test_a_floor_needs_no_files():
    assert opened("floor:constant").name == "floor:constant"
    with pytest.raises(HondoError, match="row-plane"):
        opened("floor:row-plan")
