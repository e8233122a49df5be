"""GLPN: metres within the range of its data set, from RGB 0..1 as it is."""

import torch

from hondo.core.types import DepthKind
from hondo.models.families.glpn import glpn_kitti, glpn_nyu
from tests.contracts.tiny import TINY


def test_depth_is_within_the_range() -> None:
    for make, farthest in ((glpn_kitti, 80.0), (glpn_nyu, 10.0)):
        model = make(**TINY["glpn-kitti"]).eval()
        assert model.kind is DepthKind.METRIC_DEPTH and model.input_spec.mean == (0, 0, 0)
        with torch.no_grad():
            depth = model(torch.rand(1, 3, 64, 96))[0]
        assert depth.min() > 0 and depth.max() < farthest
