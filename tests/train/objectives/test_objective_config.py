"""The settings of the objectives: monodepth2's defaults, and a refusal."""

import pytest

from hondo.core.errors import HondoError
from hondo.train.objectives.objective_config import SelfSupervisedConfig, SupervisedConfig


def test_the_defaults_are_those_of_the_papers() -> None:
    config = SelfSupervisedConfig()
    assert (config.ssim_weight, config.smoothness, config.auto_mask) == (0.85, 1e-3, True)
    assert SupervisedConfig().terms is not SupervisedConfig().terms, "no config changes another"


@pytest.mark.parametrize("scale", [0.0, -1.0, 1.5, float("nan")])
def test_refuses_a_pose_scale(scale: float) -> None:
    with pytest.raises(HondoError, match=r"objective\.pose_scale"):
        SelfSupervisedConfig(pose_scale=scale)
