"""PVTv2 and SegFormer's encoders."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.models.base.torchvision_guard import import_timm
from hondo.models.encoders.pvt_v2 import TIMM, mit_b0, pvt_v2_b0
from hondo.models.published.published import renamed


def test_computes_what_timms_network_does() -> None:
    torch.manual_seed(0)
    theirs, ours = import_timm().create_model("pvt_v2_b0", num_classes=0).eval(), pvt_v2_b0().eval()
    ours.load_state_dict(renamed(theirs.state_dict(), TIMM))
    image = torch.rand(2, 3, 64, 96)
    with torch.no_grad():
        expected = theirs.forward_intermediates(image, intermediates_only=True)
        for a, b in zip(ours(image), expected, strict=True):
            assert torch.allclose(a, b, atol=1e-4)


def test_maps_lie_channels_last_whatever_the_batch() -> None:
    encoder = pvt_v2_b0().eval()
    with torch.no_grad():
        for count in (1, 2):
            for x in encoder(torch.rand(count, 3, 32, 64)):
                assert x.is_contiguous(memory_format=torch.channels_last) and x.stride(0) == x[0].numel()


def test_segformers_mlps_are_four_times_as_wide() -> None:
    with torch.device("meta"):
        encoder = mit_b0()
    mlps = [block.mlp for stage in encoder.stages for block in stage.blocks]
    assert encoder.channels == (32, 64, 160, 256) and len(mlps) == 8
    assert all(mlp.fc1.out_features == 4 * mlp.fc1.in_features for mlp in mlps)


def test_weights_that_nobody_publishes_are_refused() -> None:
    with pytest.raises(HondoError, match="'mit-b0' has no pretrained weights"):
        mit_b0(pretrained=True)
