"""The picture in a multipart/form-data body (RFC 7578), of which the whole is at hand."""

from email.message import Message

from hondo.web.refusal import Refusal

FIELD = "image"
_MAX_PARTS = 16


def picture_of(body: bytes, *, content_type: str) -> bytes:
    """The content of the part named ``image``, or of the only part that is a file."""
    boundary = _parameter("Content-Type", content_type, "boundary")
    if not boundary:
        raise Refusal(400, "a multipart body needs its boundary in Content-Type")
    parts = _parts(body, boundary.encode("latin-1", errors="replace"))
    named = [content for name, _, content in parts if name == FIELD]
    files = [content for _, is_file, content in parts if is_file]
    if len(named) != 1 and len(files) != 1:
        raise Refusal(400, f"a multipart body needs one file, in a field named '{FIELD}'; it has {len(files)}")
    return named[0] if len(named) == 1 else files[0]


def _parts(body: bytes, boundary: bytes) -> list[tuple[str, bool, bytes]]:
    """(field name, whether it is a file, content) of each part."""
    mark = b"\r\n--" + boundary
    pieces = (b"\r\n" + body).split(mark, _MAX_PARTS + 1)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise Refusal(400, f"this multipart body is cut off, or has over {_MAX_PARTS} parts")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> tuple[str, bool, bytes]:
    head, blank, content = piece.partition(b"\r\n\r\n")
    if not blank:
        raise Refusal(400, "a part of this multipart body has no head")
    lines = head.decode("latin-1").split("\r\n")
    disposition = next((line for line in lines if line.lower().startswith("content-disposition:")), "")
    value = disposition.partition(":")[2].strip()
    name = _parameter("Content-Disposition", value, "name")
    return name or "", _parameter("Content-Disposition", value, "filename") is not None, content


def _parameter(header: str, value: str, name: str) -> str | None:
    message = Message()
    message[header] = value.replace("\r", " ").replace("\n", " ")
    found = message.get_param(name, header=header)
    return found if isinstance(found, str) else None
