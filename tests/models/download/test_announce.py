"""What a person sees of a download."""

import sys

import pytest

from hondo.models.download.announce import Announced
from hondo.models.download.transfer import Progress


def test_one_line_with_the_size_and_nothing_more_in_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Announced("a.pt, MIT, from https://x.org/a.pt")
    for done in (0, 500_000, 1_370_000_000):
        shown(Progress(done=done, total=1_370_000_000))
    assert capsys.readouterr().err == "hondo: fetching a.pt, MIT, from https://x.org/a.pt: 1.37 GB\n"


def test_what_goes_on_and_what_has_no_size_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    Announced("a.pt")(Progress(done=2_000_000, total=4_000_000))
    Announced("b.pt")(Progress(done=0, total=None))
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["hondo: fetching a.pt: 4.0 MB (going on after 2.0 MB)", "hondo: fetching b.pt: size not stated"]


def test_a_terminal_shows_share_and_rate_and_ends_with_an_empty_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Announced("a.pt")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    shown(Progress(done=0, total=4_000_000))
    shown(Progress(done=1_000_000, total=4_000_000))  # too soon after the first
    shown(Progress(done=4_000_000, total=4_000_000))
    printed = capsys.readouterr().err
    assert "  0% of 4.0 MB, 0.0 MB/s" in printed and "25%" not in printed
    assert "100% of 4.0 MB" in printed and printed.endswith("\r\x1b[K")
