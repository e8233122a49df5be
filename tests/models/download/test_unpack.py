"""Zip archives: the wanted files flat in the folder; bombs, paths that lead outside and wrong archives refused."""

import zipfile
from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.models.download.unpack import unpack

NOISE = bytes((index * 7919 + index // 251) % 256 for index in range(4000))


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_members_come_flat_from_any_depth_and_nothing_else(tmp_path: Path) -> None:
    files = {"KITTI_MR/encoder.pth": NOISE, "KITTI_MR/depth.pth": NOISE[:9], "pose.pth": b"p", "KITTI_MR/read.me": b"r"}
    archive = zipped(tmp_path / "a.zip", files | {"__MACOSX/KITTI_MR/._encoder.pth": b"mac"})
    (tmp_path / "out").mkdir()
    unpack(archive, tmp_path / "out", members=("encoder.pth", "depth.pth"), extras=("pose.pth", "other.pth"))
    written = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert written == {"encoder.pth": NOISE, "depth.pth": NOISE[:9], "pose.pth": b"p"}


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"../encoder.pth": b"x"}, r"a\.zip holds the path '\.\./encoder\.pth', which leads outside"),
        ({"/etc/encoder.pth": b"x"}, "leads outside"),
        ({"a\\..\\..\\encoder.pth": b"x"}, "leads outside"),
        ({"C:/encoder.pth": b"x"}, "leads outside"),
        ({"encoder.pth": b"\0" * 1_000_000}, "would swell to 1 MB"),
        ({"a/encoder.pth": NOISE, "b/encoder.pth": NOISE}, r"holds encoder\.pth twice"),
        ({"depth.pth": NOISE}, r"holds no encoder\.pth: it is another archive"),
        ({"encoder.pth/": b""}, r"holds no encoder\.pth"),
    ],
)
def test_an_archive_that_is_not_as_it_should_be_is_refused(tmp_path: Path, files: dict[str, bytes], says: str) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(HondoError, match=says):
        unpack(zipped(tmp_path / "a.zip", files), tmp_path / "out", members=("encoder.pth",))
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    "spoil", [lambda data: data[:-40], lambda data: b"<html>" + NOISE, lambda data: data.replace(NOISE[:50], bytes(50))]
)
def test_a_damaged_archive_is_one_line(tmp_path: Path, spoil) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        opened.writestr("encoder.pth", NOISE)
    (tmp_path / "a.zip").write_bytes(spoil((tmp_path / "a.zip").read_bytes()))
    with pytest.raises(HondoError, match=r"a\.zip is damaged, or no zip archive \(.+\)"):
        unpack(tmp_path / "a.zip", tmp_path, members=("encoder.pth",))
