"""OpenVINO's two files belong together: a .bin that is missing, or of another export of the same model, is refused."""

import shutil
from copy import deepcopy
from pathlib import Path

import pytest
import torch

import hondo
from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec
from hondo.engines.base.metadata import ExportHeader
from hondo.engines.openvino.ir_files import save_graph
from hondo.engines.registry import ENGINES

pytest.importorskip("openvino")
SPEC = InputSpec(size_hw=(32, 64), multiple_of=16)


@pytest.fixture(scope="module")
def exported(tiny_model, tmp_path_factory) -> Path:
    from hondo.engines.openvino.engine import ENGINE as openvino_ir

    return openvino_ir.export(tiny_model, tmp_path_factory.mktemp("ir") / "net.xml")


def test_a_missing_bin_is_named(exported, tmp_path) -> None:
    shutil.copy(exported, tmp_path / "net.xml")
    with pytest.raises(HondoError, match=r"net\.bin are not beside it"):
        hondo.load(tmp_path / "net.xml")


def test_the_bin_of_other_weights_is_refused(exported, tiny_model, tmp_path) -> None:
    from hondo.engines.openvino.engine import ENGINE as openvino_ir

    other = deepcopy(tiny_model)
    with torch.no_grad():
        other.network.out.bias += 1
    mixed = openvino_ir.export(other, tmp_path / "net.xml")
    assert hondo.load(mixed).name == "tiny"
    shutil.copy(exported.with_suffix(".bin"), mixed.with_suffix(".bin"))
    with pytest.raises(HondoError, match=r"the net\.bin beside it is of another export"):
        hondo.load(mixed)


def test_a_graph_of_another_form_is_refused_whatever_its_header_says(tmp_path) -> None:
    import openvino as ov

    number = ov.opset13.parameter([1], name="x")
    graph = ov.Model([ov.opset13.abs(number)], [number], "other")
    save_graph(graph, tmp_path / "net.xml", header=ExportHeader(name="m", kind=DepthKind.METRIC_DEPTH, input_spec=SPEC))
    with pytest.raises(HondoError, match=r"net\.xml is not a depth network that hondo exported"):
        hondo.load(tmp_path / "net.xml")


def test_a_full_disk_is_told_in_one_line(tiny_model, tmp_path, monkeypatch) -> None:
    import openvino as ov

    def no_space(*given, **named) -> None:
        raise RuntimeError("basic_ios::clear: iostream error")

    monkeypatch.setattr(ov, "save_model", no_space)
    with pytest.raises(HondoError, match=r"cannot write .*net\.xml: .*iostream error; check the folder"):
        ENGINES["openvino"].export(tiny_model, tmp_path / "net.xml")
