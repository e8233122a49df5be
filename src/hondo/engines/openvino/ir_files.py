"""An OpenVINO graph as two files: an .xml with the graph and its header, and a .bin with the weights."""

import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hondo.core.atomic import atomic_path, cannot_write, put_in_place
from hondo.core.errors import HondoError
from hondo.core.integrity.seal import FREE, sealed
from hondo.engines.base.metadata import KEY, ExportHeader
from hondo.engines.tracing.graph_inputs import axes_of

if TYPE_CHECKING:
    import openvino

_CHUNK = 2**24  # bytes that are read at once


def save_graph(graph: "openvino.Model", path: Path, *, header: ExportHeader) -> None:
    """Writes ``path`` and its .bin, each whole or not at all; the hash in the .xml covers both."""
    import openvino as ov

    graph.set_rt_info(replace(header, sha256=FREE).to_json(), [KEY])
    with atomic_path(path) as draft:
        weights = draft.with_suffix(".bin")
        try:
            ov.save_model(graph, draft, compress_to_fp16=header.precision != "fp32")
            draft.write_bytes(sealed(draft.read_bytes(), second_file=weights))
            put_in_place(weights, path.with_suffix(".bin"))
        except RuntimeError as error:  # OpenVINO's one class of error
            raise cannot_write(path, error) from error
        finally:
            weights.unlink(missing_ok=True)


def read_graph(path: Path) -> tuple["openvino.Model", ExportHeader]:
    """The graph and its header; a .bin that is missing, cut short or of another export is refused."""
    import openvino as ov

    weights = path.with_suffix(".bin")
    if not weights.exists():
        raise HondoError(f"{path}: its weights {weights.name} are not beside it; keep the two files together")
    _check_is_xml(path)
    try:
        graph = ov.Core().read_model(path, weights)
    except RuntimeError as error:
        raise HondoError(
            f"{path}: OpenVINO cannot read it; it or {weights.name} is cut short or of another export, export it again"
        ) from error
    text = graph.get_rt_info([KEY]).astype(str) if graph.has_rt_info([KEY]) else None
    header = ExportHeader.from_json(text, path=path)
    axes = [len(port.partial_shape) for port in (*graph.inputs, *graph.outputs)]
    if axes != [*axes_of(num_previous=header.num_previous), 4]:
        raise HondoError(
            f"{path} is not a depth network that hondo exported (one image in, one map out); export it again"
        )
    if header.bin_crc32 not in (None, _crc32(weights)):
        raise HondoError(f"{path}: the {weights.name} beside it is of another export; keep the two files together")
    try:
        header.check_whole(path, second_file=weights)
    except HondoError as error:
        raise HondoError(
            f"{path}: the {weights.name} beside it is of another export, or one of the two is damaged; copy both again"
        ) from error
    return graph, header


def _check_is_xml(path: Path) -> None:
    """By its first byte: OpenVINO would read files of other formats, whatever their suffix."""
    with path.open("rb") as file:
        if not file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
            raise HondoError(f"{path} is damaged or no OpenVINO file: it does not begin as XML; export it again")


def _crc32(path: Path) -> int:
    """A checksum of a file: against mix-ups, not against forgery."""
    checksum = 0
    with path.open("rb") as file:
        while content := file.read(_CHUNK):
            checksum = zlib.crc32(content, checksum)
    return checksum
