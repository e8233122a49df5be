"""The header of exported files: there and back, and refusals."""

from dataclasses import replace
from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec
from hondo.engines.base.metadata import Cost, ExportHeader, Int8Facts, export_spec

SPEC = InputSpec(size_hw=(32, 64), multiple_of=16, mean=(0.5, 0.5, 0.5), std=(0.2, 0.2, 0.2))


def test_there_and_back() -> None:
    header = ExportHeader(name="m", kind=DepthKind.METRIC_DEPTH, input_spec=SPEC, precision="bf16", licence="MIT")
    full = replace(header, int8=Int8Facts(images=9, kept=("a",)), cost=Cost(macs=5, parameters=2, size_hw=(32, 64)))
    for each in (header, full, replace(header, batch=4)):
        assert ExportHeader.from_json(each.to_json(), path=Path("m.onnx")) == each


@pytest.mark.parametrize("text", [None, "", "{}", "not json", '{"input_spec": {}, "kind": "x"}'])
def test_a_missing_or_broken_header_names_the_file(text) -> None:
    with pytest.raises(HondoError, match=r"m\.onnx"):
        ExportHeader.from_json(text, path=Path("m.onnx"))


def test_an_exported_spec_has_no_normalisation_left() -> None:
    spec = export_spec(SPEC, size_hw=(64, 64), dynamic=False)
    assert (spec.size_hw, spec.fixed, spec.mean, spec.std) == ((64, 64), True, (0, 0, 0), (1, 1, 1))
    assert not export_spec(SPEC, size_hw=None, dynamic=True).fixed


def test_a_header_of_an_earlier_version_is_read() -> None:
    facts = Int8Facts(images=9, kept=("a",), float_precision="bf16", abs_rel_error=0.004)
    header = ExportHeader(name="m", kind=DepthKind.METRIC_DEPTH, input_spec=SPEC, precision="int8", int8=facts)
    text = header.to_json()
    for new, old in (("images", "pictures"), ("float_precision", "beside"), ("abs_rel_error", "drop")):
        text = text.replace(f'"{new}"', f'"{old}"')
    assert '"beside"' in text and ExportHeader.from_json(text, path=Path("m.xml")) == header
