"""BTS: depth grows with the focal length, which must be positive."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.models.families.bts import KITTI_FOCAL_PX, bts_kitti
from tests.contracts.tiny import TINY


def test_twice_the_focal_length_is_twice_the_depth() -> None:
    single, double = (
        bts_kitti(**TINY["bts-kitti"], focal_px=factor * KITTI_FOCAL_PX, size_hw=(64, 96)).eval() for factor in (1, 2)
    )
    double.load_state_dict(single.state_dict())
    image = torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        torch.testing.assert_close(double(image)[0], 2 * single(image)[0])


def test_refuses_a_focal_length() -> None:
    with pytest.raises(HondoError, match="focal_px must be positive"):
        bts_kitti(focal_px=0)
