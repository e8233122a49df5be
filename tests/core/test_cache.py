"""The cache folder: where it lies, and that it is never a reason to fail."""

from hondo.core.cache import cache_folder, read_cached, write_cached


def test_the_folder_is_the_users_choice(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HONDO_CACHE", str(tmp_path))
    assert cache_folder("a", "b.json") == tmp_path / "a" / "b.json"
    monkeypatch.delenv("HONDO_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert "hondo" in cache_folder().parts


def test_there_and_back(tmp_path) -> None:
    write_cached(tmp_path / "new" / "a.json", {"engine": "x"})
    assert read_cached(tmp_path / "new" / "a.json") == {"engine": "x"}


def test_what_cannot_be_read_or_written_is_passed_over(tmp_path) -> None:
    (tmp_path / "file").write_bytes(b"\xff\x00")
    assert read_cached(tmp_path / "file") is None and read_cached(tmp_path / "gone") is None
    write_cached(tmp_path / "file" / "below", {})
    assert (tmp_path / "file").read_bytes() == b"\xff\x00"
