"""A start from other weights: exactly those that fit are taken, and the rest is said."""

from dataclasses import replace

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.weights_file import save_model
from hondo.models.registry.build_model import build_model
from hondo.recipes.depth_recipes import rgbd
from hondo.recipes.pipeline import run
from hondo.recipes.recipe import ModelConfig
from hondo.recipes.starting_weights import are_random, licence_of
from hondo.recipes.warm_start import warm_started
from tests.recipes.tiny import tiny

OPTIONS = {"size_hw": (64, 96), "encoder": "light", "width": 0.5}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    model = build_model("unet", "random", **OPTIONS)
    return save_model(model, tmp_path_factory.mktemp("start") / "a.safetensors", licence="MIT", training={}), model


def started(start, **changes):
    config = ModelConfig(name="unet", weights="random", start=str(start), **changes)
    model = build_model("unet", "random", **OPTIONS | config.options)
    assert isinstance(model, DepthModel)
    return warm_started(model, config)


def same(model, other, part: str) -> list[bool]:
    others = dict(other.named_parameters())
    return [torch.equal(each, others[name]) for name, each in model.named_parameters() if f".{part}." in name]


def test_everything_fits(trained, capsys) -> None:
    path, other = trained
    model = started(path)
    assert all(same(model, other, "encoder")) and all(same(model, other, "decoder"))
    assert "100.0 % of the weights of 'unet'" in (said := capsys.readouterr().err) and "fresh layers: none" in said


def test_what_does_not_fit_is_fresh_and_named(trained, capsys) -> None:
    path, other = trained
    model = started(path, options={"width": 1.0})
    assert all(same(model, other, "encoder"))
    said = capsys.readouterr().err
    assert "network.decoder" in said.split("fresh layers: ")[1] and "100.0 %" not in said


def test_parts_alone(trained, capsys) -> None:
    path, other = trained
    model = started(path, start_parts=("encoder",))
    assert all(same(model, other, "encoder")) and not all(same(model, other, "decoder"))
    assert "network.encoder" not in capsys.readouterr().err.split("fresh layers: ")[1]


def test_a_start_of_which_nothing_fits_is_refused(trained) -> None:
    with pytest.raises(HondoError, match="no weight of it fits model 'unet' in its parts pose"):
        started(trained[0], start_parts=("pose",))


def test_weights_that_are_not_here_are_asked_for() -> None:
    with pytest.raises(HondoError, match=r"model.start 'dpt-hybrid'.*model.start_weights.*dpt_hybrid-midas"):
        started("dpt-hybrid")


def test_the_licence_is_that_of_the_start(trained) -> None:
    config = ModelConfig(name="unet", weights="random", start=str(trained[0]))
    assert not are_random(config) and "MIT" in licence_of(config)
    assert "MIT" in licence_of(ModelConfig(name="dpt-thesis", start="dpt-hybrid"))


def test_the_thesis_model_takes_every_weight_of_mix6() -> None:
    with torch.device("meta"):
        thesis, mix6 = build_model("dpt-thesis", "random"), build_model("dpt-hybrid", "random")
    shapes = {key: value.shape for key, value in mix6.state_dict().items()}
    assert shapes == {key: value.shape for key, value in thesis.state_dict().items()}


def test_a_resumed_run_does_not_need_its_start_again(manifest, tmp_path, capsys) -> None:
    start = tmp_path / "start.safetensors"
    save_model(build_model("unet-light", "random"), start, licence="MIT", training={})
    model = ModelConfig(name="unet-light", weights="random", start=str(start))
    recipe = tiny(rgbd(), manifest, steps=1, model=model)
    first = run(recipe, out=tmp_path / "run")
    assert "100.0 % of the weights of 'unet-light'" in capsys.readouterr().err and "MIT" in first.licence
    start.unlink()
    longer = replace(recipe, optim=replace(recipe.optim, max_steps=2), licence=first.licence)
    assert run(longer, out=tmp_path / "run", resume=True).report.rows[0].value == 2
    assert "of the weights" not in capsys.readouterr().err
