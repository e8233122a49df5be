"""Python arguments in messages become the flags of a command."""

import pytest

from hondo.cli.options.flags import flag_of, message_with_flags, text_with_flags
from hondo.core.errors import HondoError


@pytest.mark.parametrize(
    ("field", "command", "flag"),
    [
        ("device", "predict", "--device"),
        ("size_hw", "predict", "--size"),
        ("max_megapixels", "predict", "--max-megapixels"),
        ("optim.lr", "train", "--optim.lr"),
        ("engine", "predict", "--engine"),
        ("engine", "export", "--to"),
        ("root", "train", "--data"),
        ("root", "evaluate", "--root"),
        ("max_depth", "train", "--data.max-depth"),
        ("camera", "data", None),
        ("num_heads", "predict", None),
    ],
)
def test_the_flag_of_an_argument(field, command, flag) -> None:
    assert flag_of(field, command=command) == flag


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("use engine=\"torch\" or precision='fp16'", "use --engine torch or --precision fp16"),
        ("give camera=FILE or fx,fy,cx,cy", "give --camera FILE or fx,fy,cx,cy"),
        ("leave out dynamic=True, or steady", "leave out --dynamic, or steady"),
        ("use size_hw=(192, 640); then go on", "use --size 192x640; then go on"),
        ("use data.camera=FILE", "use --data.camera FILE"),
        ("num_heads=1 is no argument with a flag", "num_heads=1 is no argument with a flag"),
        ("see https://x.org/?device=1", "see https://x.org/?device=1"),
    ],
)
def test_arguments_with_values(text, shown) -> None:
    assert text_with_flags(text) == shown


@pytest.mark.parametrize(
    ("message", "field", "shown"),
    [
        (
            "device 'gpu' is unknown; the device may be cpu",
            "device",
            "--device 'gpu' is unknown; the device may be cpu",
        ),
        ("size_hw must be positive", "size_hw", "--size must be positive"),
        ('device="x" is unknown; use a device', "device", "--device x is unknown; use a device"),
        ("no such camera-file in a.device", "device", "--device: no such camera-file in a.device"),
        ("num_heads must be 1", "num_heads", "num_heads must be 1"),
        ("two\nlines", None, "two lines"),
    ],
)
def test_the_field_of_an_error(message, field, shown) -> None:
    assert message_with_flags(HondoError(message, field=field), command="predict") == shown


def test_other_errors_keep_their_message() -> None:
    assert message_with_flags(KeyError("a")) == "'a'"
