"""The table of engines: older names, and which engine runs a file."""

from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.engines.load import engine_of_file
from hondo.engines.registry import ENGINES, OLDER_NAMES


def test_older_names_still_mean_an_engine() -> None:
    assert {ENGINES[name].name for name in OLDER_NAMES} == set(ENGINES)
    assert ENGINES["openvino_ir"] is ENGINES["openvino"]


def test_a_file_is_run_by_the_engine_of_its_suffix() -> None:
    assert engine_of_file(Path("net.XML")) is ENGINES["openvino"]
    with pytest.raises(HondoError, match=r"net\.tflite: hondo loads files that end in .*\.onnx"):
        engine_of_file(Path("net.tflite"))
