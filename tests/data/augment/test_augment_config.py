"""The settings of augmentation: the defaults are monodepth2's, chances lie in 0..1."""

import pytest

from hondo.core.errors import HondoError
from hondo.data.augment.augment_config import AugmentConfig


def test_the_defaults_flip_and_jitter_half_of_the_samples() -> None:
    config = AugmentConfig()
    assert (config.flip, config.jitter, config.zoom, config.jpeg) == (0.5, 0.5, 0.0, 0.0)


@pytest.mark.parametrize(
    ("option", "value"), [("flip", 1.1), ("jpeg", -0.1), ("noise", float("nan")), ("max_zoom", 0.9)]
)
def test_refuses(option: str, value: float) -> None:
    with pytest.raises(HondoError, match=f"augment.{option}"):
        AugmentConfig(**{option: value})
