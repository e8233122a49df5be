"""Plan files: there and back, and a plan of another card, another TensorRT or another program is refused by name."""

from dataclasses import replace
from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec
from hondo.engines.header import ExportHeader
from hondo.engines.plan_file import MARK, Card, pack, unpack

HEADER = ExportHeader(name="m", kind=DepthKind.METRIC_DEPTH, input_spec=InputSpec(size_hw=(32, 64), multiple_of=16))
CARD = Card(name="Card 3070", capability="8.6", tensorrt="10.4.0")
PATH = Path("m.engine")


def test_there_and_back_whatever_the_plan_holds() -> None:
    plan = b"\x00\n" + MARK + bytes(range(256))
    assert unpack(pack(plan, header=HEADER, card=CARD), path=PATH) == (HEADER, CARD, plan)


def test_its_own_card_takes_it() -> None:
    CARD.check(CARD, path=PATH)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"name": "Card 4090", "capability": "8.9"},
            r"built for Card 3070 \(compute 8\.6\), this is Card 4090 \(8\.9\)",
        ),
        ({"tensorrt": "10.9.0"}, r"built by TensorRT 10\.4\.0, this is 10\.9\.0"),
    ],
)
def test_another_card_or_version_is_refused(changes, said) -> None:
    with pytest.raises(HondoError, match=said):
        CARD.check(replace(CARD, **changes), path=PATH)


@pytest.mark.parametrize("content", [b"", b"ptrt\x00\x01", MARK + b"{}\nplan", MARK + b"\xff\nplan", MARK + b"[]\n"])
def test_what_is_no_plan_of_ours_is_refused(content) -> None:
    with pytest.raises(HondoError, match=r"m\.engine"):
        unpack(content, path=PATH)
