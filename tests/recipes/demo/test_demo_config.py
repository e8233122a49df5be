"""The settings of the demo."""

from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.recipes.demo.demo_config import DemoConfig


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_seconds_are_positive(seconds: float, tmp_path: Path) -> None:
    with pytest.raises(HondoError, match="seconds must be a positive number"):
        DemoConfig(out=tmp_path, seconds=seconds)
