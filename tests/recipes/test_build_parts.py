"""Model, data and objective of a recipe."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hondo.core.errors import HondoError, HondoWarning
from hondo.core.truth_kind import TruthKind
from hondo.data.datasets.dataset_configs import FramesData, MixData, RgbdData, SyntheticData
from hondo.data.loading.collate import collate
from hondo.data.streaming.pack import pack
from hondo.models.registry.build_model import build_model
from hondo.recipes.build_parts import build_batches, build_objective, build_samples, warn_of_test_images
from hondo.recipes.depth_recipes import rgbd
from hondo.recipes.pipeline import run
from hondo.recipes.resume import with_absolute_paths
from hondo.recipes.video_recipes import video
from hondo.train.loop.loop_config import LoopConfig
from hondo.train.loop.optim import make_optimizer
from tests.contracts.dataset_trees import TREES, kitti_drive
from tests.recipes.tiny import LIGHT, TINY, tiny


def test_synthetic_scenes_need_no_files():
    recipe = replace(rgbd(), data=SyntheticData(length=4, size_hw=(32, 64)), model=LIGHT, **TINY)
    loop = LoopConfig(show_progress=False)
    assert run(replace(recipe, optim=replace(recipe.optim, max_steps=1), loop=loop)).folder is None


def test_a_shared_pose_network_stands_on_the_depth_networks_encoder(clip):
    recipe = replace(video(), model=LIGHT, objective=replace(video().objective, pose="shared"))
    model = build_model("unet-light", weights="random")
    objective = build_objective(recipe, model)
    assert objective.pose.network.encoder is model.network.encoder
    stepped = [each for group in make_optimizer(objective, recipe.optim).param_groups for each in group["params"]]
    trained = [parameter for parameter in objective.parameters() if parameter.requires_grad]
    assert len(stepped) == len(set(stepped)) == len(trained)  # each once


def test_a_model_can_be_given(clip):
    model = build_model("unet-light", weights="random")
    trained = run(tiny(video(), clip, steps=1), model=model)
    assert trained.model is not model and trained.model.kind is model.kind  # the average


def test_frames_keep_the_aspect_of_the_clip(clip):
    samples = build_samples(FramesData(root=str(clip), size_hw=(64, 64)), multiple_of=16)
    height, width = samples[0].image.shape[-2:]
    assert (height % 16, width % 16) == (0, 0) and abs(width / height / (64 / 40) - 1) < 0.25
    assert len(samples) == 5 and len(samples[0].sources) == 2


def test_cached_samples_are_the_same(clip):
    recipe, model = tiny(video(), clip), build_model("unet-light", weights="random")
    plain = next(iter(build_batches(recipe, model)))
    cached = next(iter(build_batches(replace(recipe, batches=replace(recipe.batches, cache=True)), model)))
    assert torch.equal(plain.augmented, cached.augmented)


def test_packed_data_stands_for_any_data_set(tmp_path):
    scenes = build_samples(SyntheticData(length=2, size_hw=(32, 64)))
    pack(scenes, tmp_path)
    for data in (RgbdData(root=str(tmp_path), size_hw=(32, 64)), FramesData(root=str(tmp_path), size_hw=(32, 64))):
        samples = build_samples(data)
        assert samples.origins == (scenes[0].origin, scenes[1].origin)
    recipe = replace(rgbd(), data=RgbdData(root=str(tmp_path), size_hw=(32, 64)), **TINY)
    batch = next(iter(build_batches(recipe, build_model("unet-light", weights="random"))))
    assert batch.image.shape == (2, 3, 32, 64) and set(batch.origins) == set(samples.origins)


def test_a_mix_of_sets_by_name():
    data = MixData(sets={"synthetic": 1.0}, size_hw=(32, 64))
    assert build_samples(data).sets.keys() == {"synthetic"} and build_samples(data)[0].image.shape == (3, 32, 64)


def test_absolute_paths_of_a_mix_and_of_urls(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mix = MixData(sets={"rgbd:here": 2.0, "synthetic": 1.0, "shards:s3://bucket/set": 0.5})
    found = with_absolute_paths(replace(rgbd(), data=mix)).data.sets
    assert found == {f"rgbd:{tmp_path / 'here'}": 2.0, "synthetic": 1.0, "shards:s3://bucket/set": 0.5}


def test_published_data_sets_by_name(tmp_path):
    kitti_drive(tmp_path)
    loop = LoopConfig(show_progress=False)
    labelled = RgbdData(name="kitti", root=str(tmp_path), size_hw=(32, 96))
    recipe = replace(rgbd(), data=labelled, model=LIGHT, loop=loop, **TINY)
    with pytest.warns(HondoWarning, match=r"test split eigen/test; give data\.split=NAME"):
        assert run(replace(recipe, optim=replace(recipe.optim, max_steps=1))).folder is None
    frames = FramesData(name="kitti", root=str(tmp_path), size_hw=(32, 96), every=2)
    samples = build_samples(frames, multiple_of=32)
    assert len(samples) == 2 and samples[0].image.shape == (3, 32, 96)
    assert [view.role for view in samples[0].sources] == [-1, 1]
    later = samples[0].sources[1].T_source_target
    assert later is not None and float(later[2, 3]) < -0.5  # metres driven, from OXTS
    narrow = build_samples(replace(frames, size_hw=(64, 64)), multiple_of=16)
    assert narrow.size_hw == (32, 112)  # the area asked for, at the aspect of the images


def test_another_manifest_of_the_same_images_is_what_a_model_is_shown(manifest):
    table = (manifest / "manifest.csv").read_text().splitlines()
    (manifest / "lidar.csv").write_text("\n".join([table[0], *(line.replace("1000", "2000") for line in table[2:])]))
    data = RgbdData(root=str(manifest), measured=str(manifest / "lidar.csv"), size_hw=(32, 64))
    samples = build_samples(data)
    assert len(samples) == 3
    torch.testing.assert_close(samples[0].measured, samples[0].depth_gt / 2)


def test_published_data_sets_are_mixed_by_split(tmp_path):
    for name in ("scannet", "hrwsi", "diw"):
        (tmp_path / name).mkdir()
        TREES[name](tmp_path / name)
    sets = {f"scannet:{tmp_path}/scannet": 1.0, f"hrwsi@val:{tmp_path}/hrwsi": 1.0, f"diw@test:{tmp_path}/diw": 1.0}
    samples = build_samples(MixData(sets=sets, size_hw=(32, 48)))
    kinds = [TruthKind.METRIC, TruthKind.UP_TO_SCALE_AND_SHIFT, TruthKind.ORDINAL]
    assert [samples[index].truth for index in range(3)] == kinds
    batch = collate([samples[index] for index in range(3)])
    assert batch.truths == tuple(kinds) and batch.pairs is not None and not batch.valid[2].any()
    with pytest.warns(HondoWarning, match="test split nyu/test; name the set nyu-bts@SPLIT:ROOT"):
        warn_of_test_images(MixData(sets=sets | {"nyu-bts:nyu": 1.0}))
    with pytest.raises(HondoError, match="data set 'rgbd' has no option split"):
        build_samples(MixData(sets={f"rgbd@train:{tmp_path}": 1.0}))


def test_the_velodyne_is_what_a_model_is_shown_of_kitti(tmp_path):
    kitti_drive(tmp_path, count=2)
    points = tmp_path / "2011_09_26/2011_09_26_drive_0001_sync/velodyne_points/data"
    points.mkdir(parents=True)
    ahead = np.array([[10, 0, 0, 0], [20, 2, 0, 0], [15, 0, 1, 0]], dtype="<f4")  # x ahead, y left, z up
    ahead.tofile(points / "0000000006.bin")
    data = RgbdData(name="kitti", root=str(tmp_path), measured="velodyne", size_hw=None)
    with pytest.warns(HondoWarning, match="1 have no depth map"):
        samples = build_samples(data)
    assert len(samples) == 1 and samples.origins[0].endswith("0000000006.png")
    sample = samples[0]
    assert sorted(sample.measured[sample.is_measured].tolist()) == [10, 15, 20]
    assert int(sample.valid.sum()) == sample.valid.numel()
