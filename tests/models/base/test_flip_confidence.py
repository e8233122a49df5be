import pytest
import torch

import hondo
from hondo.core.errors import HondoError
from hondo.core.types import DepthKind
from hondo.models.base.flip_confidence import FlipConfident, flip_confidence, with_flip_confidence


def test_maps_that_agree_up_to_a_factor_are_certain():
    own = torch.rand(1, 1, 16, 16) + 0.5
    found = flip_confidence(own, 3 * own, DepthKind.SCALED_INVERSE_DEPTH)
    torch.testing.assert_close(found, torch.ones_like(own))


def test_where_they_differ_confidence_falls():
    own = torch.ones(1, 1, 16, 400)
    other = own.clone()
    other[..., :100] *= 1.5
    found = flip_confidence(own, other, DepthKind.METRIC_DEPTH)
    assert found[..., :60].max() < 0.1 < 0.3 < found[..., 150:].min()


def test_relative_maps_may_be_negative():
    own = torch.randn(1, 1, 16, 16)
    assert flip_confidence(own, own, DepthKind.RELATIVE_INVERSE_DEPTH).min() == 1


def test_the_depth_stays_and_a_mirror_symmetric_network_is_certain():
    model = hondo.build_model("hondo-nano-plain", weights="random")
    image = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        (maps,) = with_flip_confidence(model)(image)
        wanted, symmetric = model(image)[0], with_flip_confidence(model)(torch.cat([image, image.flip(-1)], -1))[0]
    torch.testing.assert_close(maps[:, :1], wanted)
    assert maps.shape == (1, 2, 64, 96) and maps[:, 1].min() > 0 and maps[:, 1].max() <= 1
    torch.testing.assert_close(symmetric[:, 1:], symmetric[:, 1:].flip(-1), atol=1e-3, rtol=1e-3)


def test_it_is_added_once_and_refused_for_several_frames():
    model = hondo.build_model("hondo-nano-plain", weights="random")
    confident = with_flip_confidence(model)
    assert with_flip_confidence(confident) is confident and isinstance(confident, FlipConfident)
    model.num_previous = 1
    with pytest.raises(HondoError, match="frames"):
        FlipConfident(model)
