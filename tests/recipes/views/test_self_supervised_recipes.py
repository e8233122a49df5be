"""Learning without depth: the settings of the sources, and models that exist."""

import pytest

from hondo.models.registry.zoo import ZOO
from hondo.recipes.registry import RECIPES

KITTI = ["kitti-mono", "kitti-stereo", "kitti-ms", "manydepth-kitti"]
VTDEPTH = [f"vtdepth-{name}" for name in ("a0", "b0", "b1", "b2", "c0", "pcpvt", "svt", "swin", "pvt1", "middle")]


@pytest.mark.parametrize(("names", "epochs", "step_at"), [(KITTI, 20, 15), (VTDEPTH, 30, 21)])
def test_adam_at_1e_4_falls_tenfold_after_the_epochs_of_the_source(names, epochs, step_at) -> None:
    for recipe in (RECIPES[name]() for name in names):
        optim = recipe.optim
        assert (optim.name, optim.lr, optim.schedule, optim.warmup, optim.clip_norm) == (
            "adam",
            1e-4,
            "step",
            0.0,
            None,
        )
        assert optim.max_steps == epochs * (39_810 // recipe.batches.batch_size)
        assert optim.step_at == pytest.approx(step_at / epochs)
        assert (recipe.data.name, recipe.data.split, recipe.data.size_hw) == ("kitti", "eigen_zhou/train", (192, 640))


def test_views_of_mono_stereo_and_both() -> None:
    views = {name: RECIPES[name]().data.sources for name in KITTI}
    assert views["kitti-mono"] == views["manydepth-kitti"] == (-1, 1)
    assert views["kitti-stereo"] == ("stereo",) and views["kitti-ms"] == (-1, 1, "stereo")
    assert all(RECIPES[name]().model.options["stereo"] for name in ("kitti-stereo", "kitti-ms"))


def test_manydepth_freezes_at_epoch_15_of_20() -> None:
    assert RECIPES["manydepth-kitti"]().objective.freeze_at == 15 / 20


@pytest.mark.parametrize("name", [*KITTI, *VTDEPTH, "indoor-video", "stereo-folder"])
def test_networks_exist_and_a_twin_trains_the_same_way(name) -> None:
    recipe, twin = RECIPES[name](), RECIPES[f"{name}-tiny"]()
    assert recipe.model.name in ZOO and twin.model.name == recipe.model.name
    assert twin.objective.objective == recipe.objective.objective
    assert (twin.optim.name, twin.optim.schedule) == (recipe.optim.name, recipe.optim.schedule)
    pose = getattr(recipe.objective, "pose_model", None) or recipe.objective.photometric.pose_model
    assert pose in ZOO
    assert ("stereo" in twin.data.sources) == ("stereo" in recipe.data.sources)
