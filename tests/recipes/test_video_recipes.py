"""Learning from a clip alone: what the recipe says, and where its poses come from."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.data.loading.batches import ShuffledBatches
from hondo.losses.terms import TERMS
from hondo.models.registry.build_model import build_model
from hondo.recipes.build_parts import build_batches, build_objective
from hondo.recipes.video_recipes import adapt, distil, semi, video
from hondo.synthetic.scenes import SyntheticScenes
from hondo.train.objectives.two_view_poses import with_camera_path


def test_adapt_ends_by_the_clock():
    recipe = adapt("clip", seconds=5.0)
    assert recipe.data.root == "clip" and recipe.batches.cache and recipe.optim.max_seconds == 5.0
    assert recipe.objective == video().objective and recipe.name == "video"


def test_poses_are_seen_in_the_images(clip: Path):
    """Poses to the next frame and back are inverses, and the clip's wall, which passes by, is no standstill."""
    recipe = video()
    recipe = replace(recipe, data=replace(recipe.data, root=str(clip), size_hw=(64, 96)))
    model = build_model("hondo-nano")
    batches = build_batches(recipe, model)
    assert isinstance(batches, ShuffledBatches) and build_objective(recipe, model).pose is None
    for sample, following in pairwise(batches.samples):
        there, back = sample.sources[1].T_source_target, following.sources[0].T_source_target
        assert there is not None and back is not None
        np.testing.assert_allclose(there @ back, np.eye(4), atol=1e-5)
        assert not np.allclose(there, np.eye(4), atol=1e-3)


def test_poses_need_a_clip_and_its_camera(clip: Path):
    model = build_model("hondo-nano")
    with pytest.raises(HondoError, match="needs frames of a clip"):
        with_camera_path(SyntheticScenes(length=1), model)
    (clip / "intrinsics.json").unlink()
    recipe = video()
    with pytest.raises(HondoError, match="needs the camera's intrinsics"):
        build_batches(replace(recipe, data=replace(recipe.data, root=str(clip))), model)


def test_semi_reads_depth_beside_the_views() -> None:
    recipe = semi()
    assert recipe.name == "semi" and recipe.data.with_depth and recipe.objective.objective == "semi-supervised"
    assert set(recipe.objective.terms) <= set(TERMS)


def test_distil_reads_images_alone() -> None:
    recipe = distil()
    assert recipe.data.sources == () and recipe.objective.objective == "distillation"
    assert all("is_taught" in TERMS[name].reads for name in recipe.objective.terms)
