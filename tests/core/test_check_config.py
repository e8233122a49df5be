from dataclasses import dataclass, field
from typing import ClassVar, Literal

import pytest

from hondo.core.check_config import COUNT, DECAY, POSITIVE, Limits, check_config


@dataclass(frozen=True, kw_only=True)
class Config:
    kind: ClassVar[str] = "x"
    name: Literal["adam", "sgd"] = "adam"
    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.99)
    steps: int = 1
    seconds: float | None = None
    factors: dict[str, float] = field(default_factory=dict)
    is_on: bool = False
    sources: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        limits = {"lr": POSITIVE, "betas": DECAY, "steps": COUNT, "seconds": POSITIVE, "factors": Limits(at_most=2)}
        check_config(self, name="optim", limits=limits)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "adm"}, r"unknown optim\.name 'adm'; did you mean adam"),
        ({"lr": 0}, r"optim\.lr must be positive, got 0"),
        ({"lr": float("nan")}, r"optim\.lr must be positive, got nan"),
        ({"lr": "fast"}, r"optim\.lr must be a number, got 'fast'"),
        ({"betas": (0.9, 1.0)}, r"optim\.betas must be at least 0 and below 1, got 0\.9 1"),
        ({"betas": (0.9,)}, r"optim\.betas must be 2 numbers, got 0\.9"),
        ({"steps": 1.5}, r"optim\.steps must be an integer, got 1\.5"),
        ({"steps": True}, r"optim\.steps must be an integer, got True"),
        ({"seconds": 0.0}, r"optim\.seconds must be positive, got 0"),
        ({"factors": {"pose": 3.0}}, r"optim\.factors must be at most 2"),
        ({"is_on": 1}, r"optim\.is_on must be True or False, got 1"),
        ({"sources": (1, "stereo")}, r"optim\.sources must be numbers, got 1 'stereo'"),
    ],
)
def test_a_wrong_value_is_named_with_its_limits(values, message):
    with pytest.raises(ValueError, match=message):
        Config(**values)


def test_right_values_pass():
    Config(lr=1, seconds=None, factors={"pose": 2}, sources=(-1, 1), betas=(0, 0.5))
