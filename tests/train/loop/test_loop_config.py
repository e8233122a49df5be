"""Settings that cannot be."""

import pytest

from hondo.train.loop.loop_config import OptimConfig


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": 0.0}, "positive"),
        ({"max_steps": 0}, "max_steps must be at least 1, got 0"),
        ({"warmup": 1.5}, "warmup must be at least 0 and below 1, got 1.5"),
        ({"clip_norm": 1.0, "clip_value": 0.5}, "not both"),
        ({"ema_decay": 1.0}, "ema_decay"),
    ],
)
def test_optim_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        OptimConfig(**options)
