"""The parts of the demo; tests/cli/running/test_demo.py runs it as a whole."""

import json
from dataclasses import replace

import pytest

from hondo.core.errors import HondoError
from hondo.recipes.demo import run_demo as run
from hondo.recipes.demo.demo_clip import DemoClip
from hondo.recipes.demo.demo_config import DemoConfig
from hondo.recipes.demo.run_demo import adapt_recipe
from tests.recipes.demo.clip_maps import maps_of


def test_adaptation_is_given_images_and_intrinsics_only(clip: DemoClip, config: DemoConfig) -> None:
    recipe = adapt_recipe(clip, config)
    assert recipe.data.root == str(clip.files.images) and recipe.data.camera == str(clip.files.intrinsics)
    assert recipe.data.poses is None and recipe.data.with_depth is False and recipe.evaluate is None
    assert recipe.objective.pose == "two-view"
    assert recipe.optim.max_seconds == config.seconds == 2.0 and recipe.name == "video"


def test_ctrl_c_leaves_a_report_of_what_was_done(config, monkeypatch) -> None:
    def stopped(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "predict_clip", lambda model, clip, *rest, **more: maps_of(clip))
    monkeypatch.setattr(run, "adapt", stopped)
    with pytest.raises(KeyboardInterrupt):
        run.run_demo(config)
    stored = json.loads((config.out / "report.json").read_text())
    assert {row["subject"] for row in stored["rows"]} == {"baseline: constant depth", "hondo-small"}
    assert "stopped before the end" in stored["notes"]
    assert "\n| hondo-small | " in (config.out / "report.md").read_text()


def test_an_installation_without_weights_is_refused(config, monkeypatch) -> None:
    monkeypatch.setattr(run, "PACKAGED_WEIGHTS", {})
    with pytest.raises(HondoError, match="the trained weights of hondo-small are missing"):
        run.run_demo(replace(config, weights=None))
