"""ManyDepth: with or without its pose network, and the depths it refuses."""

import pytest

from hondo.core.errors import HondoError
from hondo.models.families.manydepth import manydepth
from tests.contracts.tiny import TINY


def test_the_pose_network_is_optional() -> None:
    with_pose, without = (manydepth(**TINY["manydepth"], pose_network=flag) for flag in (True, False))
    assert with_pose.pose is not None and without.pose is None


@pytest.mark.parametrize("options", [{"num_depths": 1}, {"depth_range": (0.0, 1.0)}, {"depth_range": (2.0, 1.0)}])
def test_refuses(options: dict) -> None:
    with pytest.raises(HondoError, match="2 or more depths"):
        manydepth(**options)
