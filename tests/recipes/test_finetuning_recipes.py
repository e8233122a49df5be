"""Many sets, a relative model brought to metres, LiDAR beside views: what the recipes state fits together."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hondo.core.errors import HondoError, HondoWarning
from hondo.core.truth_kind import TruthKind
from hondo.data.datasets.dataset_configs import MixData
from hondo.data.datasets.registry import parse_set
from hondo.data.layouts.layout_table import LAYOUTS
from hondo.losses.terms import TERMS
from hondo.recipes.build_parts import build_samples
from hondo.recipes.finetuning_recipes import depth_anything_metric, kitti_semi, mix6
from hondo.recipes.pipeline import run
from tests.contracts.dataset_trees import TREES, kitti_drive
from tests.recipes.tiny import tiny


def test_mix6_names_published_sets_that_hold_depth() -> None:
    recipe = mix6()
    assert all(LAYOUTS[parse_set(each)[0]].depth for each in recipe.data.sets) and len(recipe.data.sets) == 8
    assert all(TERMS[name].needs is not TruthKind.METRIC for name in recipe.objective.terms)


def test_mix6_names_a_set_whose_folder_is_missing(tmp_path) -> None:
    data = replace(mix6().data, root=str(tmp_path))
    with pytest.raises(HondoError, match="redweb"):
        build_samples(data)
    with pytest.raises(HondoError, match="whose folder 'redweb' holds it"):
        build_samples(mix6().data)


def test_depth_anything_keeps_the_encoder_alone() -> None:
    recipe = depth_anything_metric()
    assert recipe.model.start_parts == ("encoder",) and recipe.optim.layer_decay < 1
    assert TERMS["silog"].needs is TruthKind.METRIC and set(recipe.objective.terms) == {"silog"}


def test_kitti_semi_reads_points_beside_neighbours() -> None:
    data = kitti_semi().data
    assert data.with_depth and data.depth == "velodyne" and data.sources == (-1, 1)


def test_kitti_semi_trains_on_a_tree_in_the_layout_of_kitti(tmp_path) -> None:
    kitti_drive(tmp_path, count=4)
    points = tmp_path / "2011_09_26/2011_09_26_drive_0001_sync/velodyne_points/data"
    points.mkdir(parents=True)
    left, up = np.meshgrid(np.linspace(-8, 8, 60), np.linspace(-2, 2, 20))
    wall = np.stack([np.full_like(left, 10), left, up, 0 * up], -1)  # x ahead [m]
    for frame in range(5, 9):
        wall.astype("<f4").tofile(points / f"{frame:010d}.bin")
    recipe = kitti_semi()
    data = replace(recipe.data, root=str(tmp_path), split=None, size_hw=(32, 96))
    samples = build_samples(data, multiple_of=32)
    assert len(samples) == 2 and [view.role for view in samples[0].sources] == [-1, 1]
    sample = samples[0]
    assert 50 < int(sample.valid.sum()) < sample.valid.numel() / 2  # the points, not the annotated maps
    assert torch.allclose(sample.depth_gt[sample.valid], torch.tensor(10.0))
    with pytest.warns(HondoWarning, match="without a split"):
        trained = run(tiny(recipe, tmp_path, steps=2, data=data))
    assert trained.report.rows[0].value == 2 and 0 < trained.report.rows[4].value < 100


def test_mix6_reads_sets_by_their_folders(tmp_path) -> None:
    for name in ("redweb", "scannet"):
        TREES[name](tmp_path / name)
    samples = build_samples(MixData(sets={"redweb": 1.0, "scannet": 1.0}, root=str(tmp_path), size_hw=(32, 48)))
    assert {samples[index].truth for index in range(len(samples))} == {
        TruthKind.UP_TO_SCALE_AND_SHIFT,
        TruthKind.METRIC,
    }
