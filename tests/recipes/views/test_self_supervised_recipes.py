"""Learning without depth: the settings of the sources, and models that exist."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from hondo.models.registry.build_model import build_model
from hondo.models.registry.zoo import ZOO
from hondo.recipes.build_parts import build_batches
from hondo.recipes.recipe import BatchesConfig
from hondo.recipes.registry import RECIPES
from hondo.train.objectives.self_supervised import build_self_supervised
from tests.contracts.dataset_trees import kitti_drive

KITTI = ["kitti-mono", "kitti-stereo", "kitti-ms", "manydepth-kitti"]
VTDEPTH = [f"vtdepth-{name}" for name in ("a0", "b0", "b1", "b2", "c0", "pcpvt", "svt", "swin", "pvt1", "middle")]


@pytest.mark.parametrize(("names", "epochs", "step_at"), [(KITTI, 20, 15), (VTDEPTH, 30, 21)])
def test_adam_at_1e_4_falls_tenfold_after_the_epochs_of_the_source(names, epochs, step_at) -> None:
    for recipe in (RECIPES[name]() for name in names):
        optim = recipe.optim
        assert (optim.name, optim.lr, optim.schedule) == ("adam", 1e-4, "step")
        is_stable = "start_depth" in recipe.model.options
        assert (optim.warmup, optim.clip_norm) == ((0.01, 1.0) if is_stable else (0.0, None))
        assert is_stable == (recipe.name == "vtdepth-a0")
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


@pytest.mark.parametrize("name", ["kitti-mono", "kitti-stereo", "kitti-ms"])
@pytest.mark.filterwarnings("ignore:kitti is read without a split")
def test_kitti_raw_is_read_as_the_recipe_says(name, tmp_path) -> None:
    """Frames with neighbours, the other camera of the pair, and metres where there is a pair."""
    kitti_drive(tmp_path)
    for left in sorted(tmp_path.rglob("image_02/data/*.png")):
        right = Path(str(left).replace("image_02", "image_03"))
        right.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(right), np.roll(cv2.imread(str(left)), -3, axis=1))
    for file in tmp_path.rglob("calib_cam_to_cam.txt"):
        text = file.read_text()
        P2 = next(line for line in text.splitlines() if line.startswith("P_rect_02")).split()[1:]
        P3 = [str(float(P2[3]) - 0.54 * float(P2[0])) if place == 3 else each for place, each in enumerate(P2)]
        kept = [line for line in text.splitlines() if not line.startswith("P_rect_03")]
        file.write_text("\n".join([*kept, "P_rect_03: " + " ".join(P3), ""]))
    recipe = RECIPES[name]()
    data = replace(recipe.data, root=str(tmp_path), split=None, size_hw=(32, 96))
    model = build_model("monodepth2", "random", encoder="timm:test_resnet", stereo="stereo" in data.sources)
    batches = build_batches(replace(recipe, data=data, batches=BatchesConfig(batch_size=2)), model)
    batch = next(iter(batches))
    assert batch.source_roles == data.sources and batch.image.shape[0] == 2
    assert model.kind.is_metric == ("stereo" in data.sources)
    if "stereo" in data.sources:
        poses = batch.T_source_target[:, data.sources.index("stereo")]
        torch.testing.assert_close(poses[:, 0, 3].abs(), torch.full((2,), 0.54), atol=1e-3, rtol=0)
    objective = build_self_supervised(model, replace(recipe.objective, pose_model="nano-pose"))
    assert objective(batch)[0].isfinite()
