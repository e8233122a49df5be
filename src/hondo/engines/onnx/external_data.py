"""Refuses an .onnx file whose weights lie in other files: ONNX Runtime would read them from the working folder.

Only the skeleton of the file is read, in protobuf's wire format: onnx.proto states the numbers of the fields.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from hondo.core.errors import HondoError

_MAX_DEPTH = 64  # graphs inside nodes inside graphs
# Of each kind of message: the fields that lead to tensors, and the kind of what they hold.
_LEADS: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # of a tensor
_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5  # wire types


def check_no_external_data(content: bytes, *, path: Path) -> None:
    """Refuses a graph with weights elsewhere, and a file that is cut short or no protobuf."""
    try:
        is_external = _has_external(memoryview(content), kind="model", depth=0)
    except (ValueError, IndexError) as error:
        raise HondoError(f"{path} is damaged or no ONNX file ({error}); export it again") from error
    if is_external:
        raise HondoError(
            f"{path} keeps weights in other files, which hondo does not open; save it as one file with all weights"
        )


def _has_external(message: memoryview, *, kind: str, depth: int) -> bool:
    if depth > _MAX_DEPTH:
        raise ValueError("its graphs are nested too deep")
    if kind == "tensor":
        return any(field in (_EXTERNAL_DATA, _DATA_LOCATION) and value for field, value in _fields(message))
    leads = _LEADS[kind]
    return any(
        _has_external(value, kind=leads[field], depth=depth + 1)
        for field, value in _fields(message)
        if field in leads and isinstance(value, memoryview)
    )


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """Number and value of each field; those of fixed length count as 0."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        value: memoryview | int = 0
        if tag & 7 == _VARINT:
            value, at = _varint(message, at)
        elif tag & 7 == _LENGTH:
            length, at = _varint(message, at)
            if length > len(message) - at:
                raise ValueError("it is cut short")
            value, at = message[at : at + length], at + length
        elif tag & 7 in (_EIGHT_BYTES, _FOUR_BYTES):
            at += 8 if tag & 7 == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"a field of type {tag & 7}")
        yield tag >> 3, value


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """The integer at a place, and the place behind it."""
    value = 0
    for place in range(10):
        byte = message[at + place]
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, at + place + 1
    raise ValueError("a number of more than 10 bytes")
