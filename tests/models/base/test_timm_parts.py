"""Parts of timm's networks replaced by ours: the same values and names."""

from copy import deepcopy

import pytest
import torch

from hondo.models.base.timm_parts import own_part, with_own_parts
from hondo.models.base.torchvision_guard import import_timm
from hondo.nn.blocks.standardised_conv import SameConv
from hondo.nn.blocks.swin_block import SwinBlock

SMALL_SWIN = {"embed_dim": 16, "depths": (2, 2), "num_heads": (1, 2), "img_size": 64}


@pytest.mark.parametrize(
    ("name", "options", "own"),
    [("tf_efficientnet_lite0", {}, SameConv), ("swin_tiny_patch4_window7_224", SMALL_SWIN, SwinBlock)],
)
def test_a_network_gives_the_same_maps(name: str, options: dict, own: type) -> None:
    torch.manual_seed(0)
    theirs = import_timm().create_model(name, num_classes=0, **options).eval()
    ours = with_own_parts(deepcopy(theirs)).eval()
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(ours(image), theirs(image), atol=1e-5)
    assert any(isinstance(part, own) for part in ours.modules())
    assert ours.state_dict().keys() == theirs.state_dict().keys()


def test_other_parts_and_convolutions_with_more_to_them_stay() -> None:
    conv = import_timm().layers.Conv2dSame(3, 4, 3, stride=2, bias=True)
    assert own_part(conv) is conv and own_part(part := torch.nn.Conv2d(3, 4, 3)) is part
