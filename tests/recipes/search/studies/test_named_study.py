"""Studies by name, and how their speed is measured."""

import pytest

from hondo.core.errors import HondoError
from hondo.recipes.search.strategies import grid
from hondo.recipes.search.studies.named_study import study_named, with_speed
from hondo.recipes.search.studies.study_table import STUDIES
from tests.recipes.search.fake_trials import fake_study


@pytest.mark.parametrize("name", list(STUDIES))
@pytest.mark.parametrize("data", [None, "synthetic", "kitti-folder"])
def test_every_study_builds_its_trials(name: str, data: str | None) -> None:
    study = study_named(name, data=data)
    trials = list(grid(study, []).trials())
    assert study.name == name and len({trial.hash for trial in trials}) == len(trials) > 1
    if data == "kitti-folder":
        assert all(trial.recipe.data.root == "kitti-folder" for trial in trials)


def test_names_and_files(tmp_path) -> None:
    with pytest.raises(HondoError, match="unknown study 'thesis63'; did you mean thesis36"):
        study_named("thesis63")
    path = tmp_path / "own.toml"
    path.write_text('recipe = "dpt-kitti-tiny"\n[options]\nseed = [1, 2]\n[set]\n"data.length" = 4\n')
    assert study_named(str(path)).recipe.data.length == 4
    with pytest.raises(HondoError, match="makes its own data"):
        study_named(str(path), data="kitti")


def test_speed_is_measured_as_asked() -> None:
    study = with_speed(study_named("thesis36"), engine="openvino", threads=2, precisions=("fp32", "bf16"))
    trials = list(grid(study, []).trials())
    assert len(trials) == 144 and {trial.factors["precision"] for trial in trials} == {"fp32", "bf16"}
    assert all((trial.speed.engine, trial.speed.threads) == ("openvino", 2) for trial in trials)
    with pytest.raises(HondoError, match="measures no speed"):
        with_speed(fake_study(), engine="onnx")
    assert with_speed(fake_study()) == fake_study()
