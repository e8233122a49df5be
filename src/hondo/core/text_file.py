"""The one reader of text files as people have them: UTF-8 with or without BOM, UTF-16, any line ends and separators."""

import codecs
import json
import re
from pathlib import Path
from typing import Any

from hondo.core.errors import HondoError, reason_of

# UTF-32 first: its little-endian mark starts with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BINARY = {
    b"\x89HDF": "HDF5 data",
    b"MATLAB 7.3": "MATLAB (HDF5) data",
    b"MATLAB 5": "MATLAB data",
    b"PK\x03\x04": "a ZIP archive",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"\x93NUMPY": "a NumPy array",
    b"%PDF": "a PDF",
}
SEPARATORS = (",", ";", "\t")


def read_text(path: str | Path) -> str:
    """The text of a file with line ends as ``\\n``; one that is not UTF-8 or UTF-16 is refused with its line."""
    path = Path(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise HondoError(f"{path} does not exist; check the path") from error
    except IsADirectoryError as error:
        raise HondoError(f"{path} is a folder; give a text file") from error
    return decode_text(data, name=str(path)).replace("\r\n", "\n").replace("\r", "\n")


def decode_text(data: bytes, *, name: str) -> str:
    """Bytes as text: by their byte order mark, as UTF-16 where every other byte is 0, else as UTF-8."""
    kind = next((kind for start, kind in _BINARY.items() if data.startswith(start)), None)
    if kind is not None:
        raise HondoError(f"{name} is {kind}, not a text file; give a text file (UTF-8)")
    encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None) or _unmarked(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        what = f"byte 0x{data[error.start]:02x} is not {encoding.removesuffix('-sig').upper()}"
        raise HondoError(
            f"{name} line {line}: {what}; save the file as UTF-8 (in a text editor: Save as, encoding UTF-8)"
        ) from error
    if "\0" in text:
        raise HondoError(f"{name} is a binary file, not a text file; give a text file (UTF-8)")
    return text


def read_json(path: str | Path) -> Any:
    """The value of a JSON file; what is no JSON is refused with its line."""
    return load_json(read_text(path), name=str(path))


def load_json(text: str | bytes, *, name: str) -> Any:
    """The one reader of JSON text: whatever is wrong with it, a HondoError names it. The value's type is any."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise HondoError(
            f"{name} line {error.lineno}: not JSON ({error.msg}); correct it, or write it again"
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:  # no text, numbers of 5,000 digits, 100,000 brackets
        reason = "nested too deep" if isinstance(error, RecursionError) else reason_of(error)
        raise HondoError(f"{name}: JSON that cannot be read ({reason}); write it again") from error


def load_object(text: str | bytes, *, name: str) -> dict[str, Any]:
    """A JSON object; any other value is refused."""
    value = load_json(text, name=name)
    if not isinstance(value, dict):
        raise HondoError(f"{name}: a JSON object was expected, not {type(value).__name__}; write it again")
    return value


def separator_of(line: str) -> str:
    """The separator that a line of a table uses most: comma, semicolon or tab; a comma where it has none."""
    return max(SEPARATORS, key=line.count)


def split_words(line: str) -> list[str]:
    """The words of a line between white space, commas or semicolons; brackets around lists of numbers are dropped."""
    return [word for word in re.split(r"[\s,;\[\]]+", line) if word]


def _unmarked(data: bytes) -> str:
    start = data[:512]
    if len(start) >= 4 and len(start) % 2 == 0:
        for encoding, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[0::2])):
            if zeros.count(0) > 0.9 * len(zeros):
                return encoding
    return "utf-8"
