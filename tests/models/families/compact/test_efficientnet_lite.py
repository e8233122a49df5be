"""EfficientNet-Lite0 beside timm's."""

import torch

from hondo.models.encoders.registry import build_encoder
from hondo.models.families.compact.efficientnet_lite import EfficientNetLite


def test_gives_the_maps_of_timms_network_with_its_weights() -> None:
    torch.manual_seed(0)
    own, theirs = EfficientNetLite().eval(), build_encoder("timm:tf_efficientnet_lite0")
    assert isinstance(theirs, torch.nn.Module)
    own.load_state_dict(theirs.eval().state_dict())
    assert (own.channels, own.strides, own.mean, own.std) == (theirs.channels, theirs.strides, theirs.mean, theirs.std)
    for size in ((64, 96), (50, 75)):
        image = torch.randn(1, 3, *size)
        with torch.no_grad():
            for ours, wanted in zip(own(image), theirs(image), strict=True):
                torch.testing.assert_close(ours, wanted)
