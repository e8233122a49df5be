"""OpenVINO's two files belong together: a .bin that is missing, or of another export of the same model, is refused."""

import shutil
from copy import deepcopy
from pathlib import Path

import pytest
import torch

import hondo
from hondo.core.errors import HondoError

pytest.importorskip("openvino")


@pytest.fixture(scope="module")
def exported(tiny_model, tmp_path_factory) -> Path:
    from hondo.engines import openvino_ir

    return openvino_ir.export(tiny_model, tmp_path_factory.mktemp("ir") / "net.xml")


def test_a_missing_bin_is_named(exported, tmp_path) -> None:
    shutil.copy(exported, tmp_path / "net.xml")
    with pytest.raises(HondoError, match=r"net\.bin are not beside it"):
        hondo.load(tmp_path / "net.xml")


def test_the_bin_of_other_weights_is_refused(exported, tiny_model, tmp_path) -> None:
    from hondo.engines import openvino_ir

    other = deepcopy(tiny_model)
    with torch.no_grad():
        other.network.out.bias += 1
    mixed = openvino_ir.export(other, tmp_path / "net.xml")
    assert hondo.load(mixed).name == "tiny"
    shutil.copy(exported.with_suffix(".bin"), mixed.with_suffix(".bin"))
    with pytest.raises(HondoError, match=r"the net\.bin beside it is of another export"):
        hondo.load(mixed)
