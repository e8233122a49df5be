"""A step's text."""

import pytest

from hondo.compress.compressor import Step
from hondo.core.errors import HondoError


def test_numbers() -> None:
    assert Step(name="hooks", value="0, 1").numbers("") == (0, 1)
    with pytest.raises(HondoError, match="step 'hooks=a' must be block indices"):
        Step(name="hooks", value="a").numbers("block indices")
