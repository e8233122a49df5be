"""Which pyramids the decoders take."""

import pytest

from hondo.core.errors import HondoError
from hondo.models.decoders.pyramid import skips_by_stride


def test_channels_by_stride() -> None:
    assert skips_by_stride((3, 5), (4, 16), deepest=16, decoder="decoder") == {4: 3, 16: 5}


@pytest.mark.parametrize("strides", [(2, 4, 8), (14,), (3, 6, 12, 24)])
def test_other_pyramids_are_refused(strides: tuple[int, ...]) -> None:
    with pytest.raises(HondoError, match="the X needs an encoder whose strides are powers of two up to 16"):
        skips_by_stride((4,) * len(strides), strides, deepest=16, decoder="X")
