"""A study of one's own: TOML, JSON and Python; what is wrong in it is named."""

import json

import pytest

from hondo.core.errors import HondoError
from hondo.recipes.search.search_space import Factor, Interval
from hondo.recipes.search.strategies import grid
from hondo.recipes.search.studies.study_file import read_study, study_of

TOML = """
recipe = "dpt-kitti-tiny"
strategy = "random"
trials = 8
[options]
"optim.lr" = { low = 1e-4, high = 1e-2, log = true }
"model.options.num_heads" = [1, 2]
[options.size]
small = { "data.size_hw" = [32, 64], "model.options.size_hw" = [32, 64] }
large = { "data.size_hw" = [64, 96] }
[set]
"optim.max_steps" = 20
[speed]
size_hw = [64, 96]
"""


def test_toml(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TOML)
    study = read_study(path)
    rate, heads, size = study.factors
    assert study.name == "mine" and study.trials == 8 and study.recipe.optim.max_steps == 20
    assert isinstance(rate, Interval) and rate.is_log and rate.low == 1e-4
    assert isinstance(heads, Factor) and [level.label for level in heads.levels] == ["1", "2"]
    assert isinstance(size, Factor) and size.levels[0].label == "small"
    assert study.speed is not None and study.speed.size_hw == (64, 96)
    assert study.recipe.evaluate is not None and not study.recipe.loop.show_progress


def test_json_and_several_recipes(tmp_path) -> None:
    path = tmp_path / "two.json"
    stated = {"recipe": ["dpt-kitti-tiny", "bts-kitti-tiny"], "set": {"seed": 3}}
    path.write_text(json.dumps(stated))
    trials = list(grid(read_study(path), []).trials())
    assert [trial.recipe.name for trial in trials] == stated["recipe"]
    assert all(trial.recipe.evaluate is not None for trial in trials)


def test_python(tmp_path) -> None:
    path = tmp_path / "own.py"
    path.write_text("from tests.recipes.search.fake_trials import fake_study\nstudy = fake_study(name='own')\n")
    assert read_study(path).name == "own"
    path.write_text("study = 1")
    with pytest.raises(HondoError, match="must define study"):
        read_study(path)


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({}, "names no recipe"),
        ({"recipe": "nanoo"}, "unknown recipe 'nanoo'; did you mean nano"),
        ({"recipe": "nano", "option": {}}, "unknown entry of a study 'option'; did you mean options"),
        ({"recipe": "nano"}, "varies nothing"),
        ({"recipe": "nano", "options": {"optim.rl": [1]}}, "unknown option 'optim.rl'"),
        ({"recipe": "nano", "options": {"optim.lr": []}}, "needs different levels, got: none"),
        ({"recipe": "nano", "options": {"optim.lr": 1}}, "must list its values"),
        ({"recipe": "nano", "options": {"optim.lr": {"low": 1}}}, "low and high"),
        ({"recipe": "nano", "options": {"seed": [1]}, "speed": {"engin": 1}}, "did you mean engine"),
        ({"recipe": "nano", "options": {"seed": [1]}, "set": {"seeds": 1}}, "unknown option 'seeds'"),
        ({"recipe": "nano", "options": {"speed.engine": ["torch"]}}, "measures no speed"),
    ],
)
def test_what_is_wrong_is_named(stated, said: str) -> None:
    with pytest.raises(HondoError, match=said):
        study_of(stated, name="x")


def test_files_that_are_none(tmp_path) -> None:
    with pytest.raises(HondoError, match="no such file"):
        read_study(tmp_path / "absent.toml")
    for name, text, said in (("a.yaml", "", "is a .toml, .json or .py file"), ("a.toml", "x = ", "cannot be read")):
        (tmp_path / name).write_text(text)
        with pytest.raises(HondoError, match=said):
            read_study(tmp_path / name)
