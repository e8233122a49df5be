"""Errors for people name what is near, what is allowed and what to do."""

import pickle

from hondo.core.errors import HondoError, MissingExtraError, unknown


def test_the_nearest_name_is_offered() -> None:
    error = unknown("model", "hondo-nana", ["hondo-nano", "dpt-hybrid"])
    assert str(error) == "unknown model 'hondo-nana'; did you mean hondo-nano?"


def test_every_name_is_offered_where_none_is_near() -> None:
    assert str(unknown("engine", "zzz", ["onnx", "auto"])) == "unknown engine 'zzz'; choose one of: auto, onnx"


def test_errors_are_value_errors() -> None:
    assert isinstance(unknown("model", "a", ["b"]), HondoError)
    assert issubclass(HondoError, ValueError)


def test_a_missing_extra_says_how_to_install_it() -> None:
    error = MissingExtraError("openvino", extra="openvino")
    assert isinstance(error, HondoError)
    assert str(error) == 'openvino is not installed; install it with: pip install "hondo[openvino]"'


def test_an_error_carries_the_argument_that_is_wrong() -> None:
    error = HondoError("device 'x' is unknown", field="device")
    assert error.field == "device" and str(error) == "device 'x' is unknown"
    assert HondoError("wrong").field is None
    assert unknown("engine", "x", ["y"], field="engine").field == "engine"
    assert pickle.loads(pickle.dumps(error)).field == "device"
