"""Licence and settings follow from the weights that a run starts from; metres and size stay with a run."""

from dataclasses import replace

import cv2
import numpy as np
import torch

from hondo.core.types import DepthKind
from hondo.models.base.weights_file import read_header, save_model
from hondo.models.registry.build_model import build_model
from hondo.recipes.depth_recipes import rgbd
from hondo.recipes.pipeline import run
from hondo.recipes.recipe import ModelConfig
from hondo.recipes.starting_weights import OWN, licence_of, with_fitting_settings
from hondo.recipes.video_recipes import video
from tests.recipes.tiny import tiny


def test_the_licence_follows_the_weights(tmp_path):
    assert (
        licence_of(ModelConfig(name="unet-light"))
        == licence_of(ModelConfig(name="hondo-nano", weights="random"))
        == OWN
    )
    assert licence_of(ModelConfig(name="hondo-nano")).startswith("adapted from weights under Apache-2.0")
    file = save_model(build_model("unet-light"), tmp_path / "m.safetensors", licence="CC-BY-NC-4.0", training={})
    adapted = licence_of(ModelConfig(name=str(file)))
    assert adapted == "adapted from weights under CC-BY-NC-4.0 (unet-light)"
    again = save_model(build_model("unet-light"), tmp_path / "n.safetensors", licence=adapted, training={})
    assert licence_of(ModelConfig(name="unet-light", weights=str(again))) == adapted


def test_published_weights_keep_their_licence_before_they_are_fetched():
    stereo = licence_of(ModelConfig(name="monodepth2", weights="stereo_640x192"))
    assert stereo.startswith(
        "adapted from weights under monodepth2 licence (Niantic): non-commercial use (monodepth2, s"
    )
    large = licence_of(ModelConfig(name="depth-anything-l", weights="download"))
    assert large == "adapted from weights under CC-BY-NC-4.0 (depth-anything-l, download)"
    assert licence_of(ModelConfig(name="hondo-nano", weights="download")) == licence_of(ModelConfig(name="hondo-nano"))


def test_anchor_and_frozen_norms_are_for_trained_weights(capsys):
    trained = with_fitting_settings(video())
    assert (trained.objective.anchor, trained.objective.freeze_norm) == (0.1, True) and capsys.readouterr().err == ""
    assert trained.objective.frozen == ("encoder",)  # ImageNet's
    scratch = with_fitting_settings(replace(video(), model=ModelConfig(name="unet-light")))
    assert (scratch.objective.anchor, scratch.objective.freeze_norm) == (0.0, False)
    assert scratch.objective.frozen == ()
    assert "starts from random weights" in capsys.readouterr().err
    given = replace(video(), model=ModelConfig(name="unet-light"), objective=replace(video().objective, anchor=0.3))
    assert with_fitting_settings(given).objective.anchor == 0.3


def test_metric_labels_give_a_metric_model_of_the_size_of_training(manifest, tmp_path):
    recipe = rgbd()
    out = tmp_path / "run"
    trained = run(tiny(recipe, manifest, steps=1, objective=replace(recipe.objective, terms={"silog": 1.0})), out=out)
    assert trained.licence == read_header(out / "checkpoints/last.safetensors").licence == OWN
    model = build_model(out)
    assert model.kind is DepthKind.METRIC_INVERSE_DEPTH and model.input_spec.size_hw == (32, 64)
    image = torch.rand(1, 3, 32, 64)
    assert torch.equal(model(image)[0], trained.model(image)[0])
    ramp = 1000 * 2.5 / 1000  # metres in the middle of the labels
    assert 0.5 * ramp < float(1 / model(image)[0].detach().median()) < 2 * ramp


def test_stereo_pairs_give_a_metric_model(tmp_path):
    """A wall 2 m away: fx 80, baseline 0.1 m, so 4 pixels of disparity."""
    noise = np.random.default_rng(0).integers(0, 255, (64, 120, 3), dtype=np.uint8)
    wall = cv2.GaussianBlur(noise, (0, 0), 1.5)
    for side, shift in (("left", 0), ("right", 4)):
        (tmp_path / "s" / side).mkdir(parents=True)
        for number in range(2):
            window = wall[:, 10 * number + shift : 10 * number + shift + 96]
            cv2.imwrite(str(tmp_path / "s" / side / f"{number}.png"), window)
    recipe = tiny(video(), tmp_path / "s", steps=1)
    data = replace(recipe.data, baseline=0.1, camera="80,80,48,32", size_hw=(64, 96))
    trained = run(replace(recipe, data=data), out=tmp_path / "run")
    model = build_model(tmp_path / "run")
    assert model.kind is trained.model.kind is DepthKind.METRIC_INVERSE_DEPTH and model.input_spec.size_hw == (64, 96)
    image = torch.from_numpy(wall[:, :96]).permute(2, 0, 1)[None].float() / 255
    assert 1.4 < float(1 / model(image)[0].detach().median()) < 2.8
