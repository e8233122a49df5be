"""Motions by a pose network, and names that are none."""

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.engines.load import ModelSettings
from hondo.mapping.odometry.pose_network import TWO_VIEW, motion_of


def test_a_pose_network_gives_rigid_motions() -> None:
    motion = motion_of("nano-pose", model="hondo-nano", settings=ModelSettings())
    assert motion is not None
    first, second = np.random.default_rng(0).integers(0, 255, (2, 64, 96, 3), dtype=np.uint8)
    T = motion(first, second)
    assert T is not None
    np.testing.assert_allclose(T[:3, :3] @ T[:3, :3].T, np.eye(3), atol=1e-5)


def test_geometry_needs_none_and_a_depth_model_is_none() -> None:
    assert motion_of(TWO_VIEW, model="hondo-nano", settings=ModelSettings()) is None
    with pytest.raises(HondoError, match="gives depth, not poses"):
        motion_of("unet-light", model="hondo-nano", settings=ModelSettings())
