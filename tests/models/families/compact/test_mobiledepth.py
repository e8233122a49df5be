"""MobileDepth."""

from hondo.core.types import DepthKind
from hondo.models.base.macs import count_macs
from hondo.models.families.compact.mobiledepth import mobiledepth


def test_the_price_is_that_of_its_description() -> None:
    model = mobiledepth()
    assert abs(count_macs(model) / 0.70e9 - 1) < 0.05  # Wang 2020: 0.70 GMAC at 224x224
    assert model.kind is DepthKind.METRIC_DEPTH


def test_any_encoder_will_do() -> None:
    assert mobiledepth(encoder="light").network.encoder.channels == (16, 24, 48, 96, 160)
