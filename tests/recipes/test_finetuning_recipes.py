"""Many sets, a relative model brought to metres, LiDAR beside views: what the recipes state fits together."""

from dataclasses import replace

import pytest

from hondo.core.errors import HondoError
from hondo.core.truth_kind import TruthKind
from hondo.data.datasets.registry import parse_set
from hondo.data.layouts.layout_table import LAYOUTS
from hondo.losses.terms import TERMS
from hondo.recipes.build_parts import build_samples
from hondo.recipes.finetuning_recipes import depth_anything_metric, kitti_semi, mix6


def test_mix6_names_published_sets_that_hold_depth() -> None:
    recipe = mix6()
    assert all(LAYOUTS[parse_set(each)[0]].depth for each in recipe.data.sets) and len(recipe.data.sets) == 8
    assert all(TERMS[name].needs is not TruthKind.METRIC for name in recipe.objective.terms)


def test_mix6_names_a_set_whose_folder_is_missing(tmp_path) -> None:
    data = replace(mix6().data, root=str(tmp_path))
    with pytest.raises(HondoError, match="redweb"):
        build_samples(data)
    with pytest.raises(HondoError, match="give its folder as root"):
        build_samples(mix6().data)


def test_depth_anything_keeps_the_encoder_alone() -> None:
    recipe = depth_anything_metric()
    assert recipe.model.start_parts == ("encoder",) and recipe.optim.layer_decay < 1
    assert TERMS["silog"].needs is TruthKind.METRIC and set(recipe.objective.terms) == {"silog"}


def test_kitti_semi_reads_points_beside_neighbours() -> None:
    data = kitti_semi().data
    assert data.with_depth and data.depth == "velodyne" and data.sources == (-1, 1)
