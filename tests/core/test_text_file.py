"""Text files as editors, shells and spreadsheets of other systems write them."""

from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.core.text_file import decode_text, load_json, load_object, read_json, read_text, separator_of, split_words

TEXT = "wärme;1\nzwei;2\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "text.csv"
    for end in ("\n", "\r\n", "\r"):
        path.write_bytes(TEXT.replace("\n", end).encode(encoding))
        assert read_text(path) == TEXT


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark(encoding: str) -> None:
    assert decode_text("1 2 3\n".encode(encoding), name="k") == "1 2 3\n"


def test_other_encodings_are_named_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "poses.txt"
    path.write_bytes(b"# first\n# Gr\xf6\xdfe\n1 2 3\n")
    with pytest.raises(HondoError, match=r"poses\.txt line 2: byte 0xf6 is not UTF-8; save the file as UTF-8"):
        read_text(path)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x89HDF\r\n\x1a\n", "HDF5 data"),
        (b"MATLAB 7.3 MAT-file" + b"\0" * 99, "MATLAB"),
        (b"PK\x03\x04rest", "a ZIP archive"),
        (b"\1\2\0\3\0\0\0\0\7", "a binary file"),
    ],
)
def test_what_is_no_text_is_named(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "manifest.csv"
    path.write_bytes(data)
    with pytest.raises(HondoError, match=f"manifest.csv is {says}"):
        read_text(path)


def test_missing_files_folders_and_broken_json(tmp_path: Path) -> None:
    with pytest.raises(HondoError, match="does not exist"):
        read_text(tmp_path / "gone.txt")
    with pytest.raises(HondoError, match="is a folder"):
        read_text(tmp_path)
    (tmp_path / "a.json").write_text('{"a": 1,\n "b" 2}')
    with pytest.raises(HondoError, match=r"a\.json line 2: not JSON"):
        read_json(tmp_path / "a.json")
    (tmp_path / "b.json").write_bytes('{"a": 1}'.encode("utf-16"))
    assert read_json(tmp_path / "b.json") == {"a": 1}


def test_separators() -> None:
    assert [separator_of(line) for line in ("a,b", "a;b,c;d", "a\tb", "a")] == [",", ";", "\t", ","]
    assert split_words("[[1, 2;\t3]]") == ["1", "2", "3"]


BAD_JSON = {
    "deep": "[" * 100_000,
    "deep objects": '{"a":' * 100_000,
    "digits": '{"a":' + "1" * 5000 + "}",
    "cut": '{"a": 1',
    "empty": "",
    "bytes": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("text", BAD_JSON.values(), ids=list(BAD_JSON))
def test_json_that_cannot_be_read_is_named(text: str | bytes) -> None:
    with pytest.raises(HondoError, match=r"^the file"):
        load_json(text, name="the file")


@pytest.mark.parametrize("text", ["null", "[]", "3", '"text"', "true"])
def test_an_object_is_no_other_value(text: str) -> None:
    load_json(text, name="it")
    with pytest.raises(HondoError, match="the file: a JSON object was expected"):
        load_object(text, name="the file")
