"""Plan files: there and back, and a plan of another card, another TensorRT or another program is refused by name."""

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import hondo
from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec
from hondo.engines.base.engine import ExportOptions, LoadOptions
from hondo.engines.base.metadata import ExportHeader
from hondo.engines.tensorrt.engine import ENGINE as tensorrt_plan
from hondo.engines.tensorrt.engine import MARK, Card, pack, shape_range, unpack

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


def test_a_missing_package_names_the_extra(tiny_model, monkeypatch, tmp_path) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    with pytest.raises(HondoError, match=r"tensorrt is not installed.*hondo\[tensorrt,onnx\]"):
        tensorrt_plan.export(tiny_model, tmp_path / "net.engine")


def test_no_gpu_is_told(tiny_model, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt", SimpleNamespace(__version__="10.4.0", __spec__=1))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(HondoError, match="needs an NVIDIA GPU, and torch finds none"):
        tensorrt_plan.load(tiny_model)


def test_a_precision_it_lacks_is_named(tiny_model) -> None:
    with pytest.raises(HondoError, match="'int3' is not offered by tensorrt"):
        tensorrt_plan.load(tiny_model, LoadOptions(precision="int3"))


def test_a_plan_of_any_size_states_its_range() -> None:
    least, usual, most = shape_range((1, 3, 192, 640), multiple_of=32)
    assert (least, usual, most) == ((1, 3, 32, 32), (1, 3, 192, 640), (4, 3, 768, 2560))
    assert all(size % 32 == 0 for size in (*least[2:], *most[2:]))


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_a_real_plan_gives_torchs_map(tiny_model, tmp_path, precision) -> None:
    pytest.importorskip("tensorrt", reason="TensorRT is not installed")
    if not torch.cuda.is_available():
        pytest.skip("no NVIDIA GPU is here")
    path = tensorrt_plan.export(tiny_model, tmp_path / "net.engine", ExportOptions(precision=precision))
    image = np.random.default_rng(0).random((1, 3, 32, 64), dtype=np.float32)
    with torch.inference_mode():
        wanted = tiny_model(torch.from_numpy(image))[0].numpy()
    np.testing.assert_allclose(hondo.load(path).run(image), wanted, rtol=0.02)
