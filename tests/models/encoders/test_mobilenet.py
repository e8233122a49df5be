"""MobileNet of any widths."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.models.encoders.mobilenet import WIDTHS, MobileNet, mobilenet_encoder


def test_widths_decide_the_channels() -> None:
    encoder = MobileNet(widths=tuple(range(4, 18))).eval()
    assert encoder.channels == (5, 7, 9, 15, 17)
    assert [tuple(x.shape[1:]) for x in encoder(torch.rand(1, 3, 64, 96))] == [
        (5, 32, 48), (7, 16, 24), (9, 8, 12), (15, 4, 6), (17, 2, 3),
    ]  # fmt: skip


def test_the_kernels_are_those_of_its_paper() -> None:
    kernels = sum(parameter.numel() for parameter in mobilenet_encoder().parameters() if parameter.ndim == 4)
    assert kernels == 3_185_088  # 4.2 M with 1000 classes and normalisations (Howard et al. 2017, table 4)


def test_activations_end_at_6() -> None:
    encoder = MobileNet(widths=(4,) * len(WIDTHS))
    torch.nn.init.constant_(encoder.blocks[-1][1][1].weight, 100.0)
    assert encoder(torch.rand(2, 3, 64, 64))[-1].max() == 6


@pytest.mark.parametrize("widths", [(8, 8), (0,) * 14])
def test_other_widths_are_refused(widths: tuple[int, ...]) -> None:
    with pytest.raises(HondoError, match="14 widths of at least 1"):
        MobileNet(widths=widths)


def test_there_is_nothing_pretrained() -> None:
    with pytest.raises(HondoError, match="no pretrained weights"):
        mobilenet_encoder(pretrained=True)
