"""An exported file is refused where a byte of it has changed, or where its header states what it may not."""

import json
from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.engines.base.metadata import ExportHeader
from hondo.engines.registry import ENGINES
from hondo.models.base.depth_model import DepthModel

FILES = {"onnx": ("net.onnx",), "openvino": ("net.xml", "net.bin")}


@pytest.fixture(scope="module", params=FILES)
def exported(request: pytest.FixtureRequest, tiny_model: DepthModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    engine = ENGINES[request.param]
    if not engine.is_installed():
        pytest.skip(f"{engine.name} is not installed")
    return engine.export(tiny_model, tmp_path_factory.mktemp("sealed") / f"net{engine.suffix}")


def test_a_changed_byte_is_found(exported: Path) -> None:
    engine = next(each for each in ENGINES.values() if each.suffix == exported.suffix)
    engine.load(exported)
    for name in FILES[engine.name]:
        file = exported.with_name(name)
        whole = file.read_bytes()
        for place in (0.3, 0.6, 0.999):
            content = bytearray(whole)
            content[int(place * len(content))] ^= 0x81  # of a text: no UTF-8 any more
            file.write_bytes(content)
            with pytest.raises(HondoError, match="net"):
                engine.load(exported)
        file.write_bytes(whole)


def test_a_failed_export_leaves_nothing(exported: Path, tmp_path: Path) -> None:
    assert not [path for path in exported.parent.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", 3), ("kind", "x"), ("precision", None), ("num_previous", -1), ("batch", 0), ("batch", "1"), ("sha256", 3),
     ("int8", []), ("int8", {"images": -1}), ("cost", {"macs": 1}), ("metres", {"factor": 0.0}), ("strange", 1),
     ("input_spec", {"size_hw": [1e6, 1e6]}), ("input_spec", None), ("input_spec", {"size_hw": [64, 64], "std": [0]})],
)  # fmt: skip
def test_every_field_of_a_header_is_checked(field: str, value: object) -> None:
    stored = {"name": "net", "kind": "metric_depth", "input_spec": {"size_hw": [64, 64]}}
    ExportHeader.from_json(json.dumps(stored), path=Path("net.onnx"))
    with pytest.raises(HondoError, match=r"net\.onnx: its hondo metadata cannot be read"):
        ExportHeader.from_json(json.dumps(stored | {field: value}), path=Path("net.onnx"))


@pytest.mark.parametrize("text", ["[" * 100_000, "null", "[]", "{", '{"name":' + "1" * 5000 + "}"])
def test_text_that_is_no_header(text: str) -> None:
    with pytest.raises(HondoError, match=r"net\.onnx: its hondo metadata cannot be read"):
        ExportHeader.from_json(text, path=Path("net.onnx"))
