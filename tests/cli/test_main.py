"""The hondo command: help, unknown commands, errors as one line, exit codes."""

import io
import logging
import signal
import sys
from contextlib import nullcontext
from dataclasses import dataclass

import pytest

from hondo.cli import main as cli
from hondo.core.errors import HondoError, warn


@dataclass(frozen=True, kw_only=True)
class Config:
    """What the stand-in command takes."""

    number: int = 1


def answers(config: Config) -> int | None:
    return {1: None, 2: 7}[config.number]


def refuses(config: Config) -> None:
    raise HondoError("photo.jpg is\nbroken")


def remarks(config: Config) -> None:
    for name in ("a.png", "a.png", "b.png"):
        warn(f"{name}: read as\ndepth; give camera=FILE")


def loses(config: Config) -> None:
    raise FileNotFoundError(2, "No such file or directory", "gone.txt")


def stopped(config: Config) -> None:
    raise KeyboardInterrupt


def draws(config: Config) -> None:
    print("abs_rel \u2193 caf\udce9.png")
    print("\u65e5\u672c", file=sys.stderr)


@pytest.fixture(autouse=True)
def commands(monkeypatch) -> None:
    names = ("answers", "refuses", "loses", "stopped", "remarks", "draws")
    monkeypatch.setattr(cli, "import_module", lambda name: __import__("types").SimpleNamespace(**globals()))
    monkeypatch.setattr(cli, "COMMANDS", {name: (f"here:{name}", "does it") for name in names})


def test_help_names_every_command(capsys) -> None:
    assert cli.main(["--help"]) == 0
    assert "answers" in capsys.readouterr().out
    assert cli.main([]) == 2


def test_version(capsys) -> None:
    from hondo import __version__

    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"hondo {__version__}\n"


@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["--number", "2"], 7), (["--help"], 0)])
def test_exit_codes_of_a_run(arguments, code, capsys) -> None:
    assert cli.main(["answers", *arguments]) == code


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["answer"], 2, "hondo: error: unknown command 'answer'; did you mean answers?"),
        (["refuses"], 2, "hondo: error: photo.jpg is broken"),
        (["loses"], 2, "hondo: error: gone.txt: No such file or directory"),
        (["stopped"], 130, "hondo: stopped"),
    ],
)
def test_an_error_is_one_line(arguments, code, line, capsys) -> None:
    assert cli.main(arguments) == code
    assert capsys.readouterr().err == f"{line}\n"


@pytest.mark.parametrize("wrong", [["--nubmer", "2"], ["--number", "two"]])
def test_a_bad_option_is_one_line_that_names_it(wrong, capsys) -> None:
    assert cli.main(["answers", *wrong]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and wrong[0] in said and "hondo answers --help" in said
    assert "-----" not in said  # the rules of tyro's box


def test_warnings_are_lines_each_printed_once(capsys) -> None:
    for _ in range(2):
        assert cli.main(["remarks"]) == 0
        assert capsys.readouterr().err.splitlines() == [
            f"hondo: warning: {name}: read as depth; give --camera FILE" for name in ("a.png", "b.png")
        ]


@pytest.mark.parametrize(
    ("encoding", "shown"), [("ascii", b"abs_rel ? caf?.png\n"), ("utf-8", b"abs_rel \xe2\x86\x93 caf?.png\n")]
)
@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_any_terminal_takes_the_output(encoding, errors, shown, monkeypatch) -> None:
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=errors) for _ in range(2))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    assert cli.main(["draws"]) == 0
    out.flush(), err.flush()
    assert out.buffer.getvalue() == shown
    assert err.buffer.getvalue() == "\u65e5\u672c\n".encode(encoding, errors="replace")


def test_ctrl_c_while_python_ends_is_ignored_by_the_process_only(monkeypatch, capsys):
    before = signal.getsignal(signal.SIGINT)
    assert cli.main(["nonsense"]) == 2
    assert signal.getsignal(signal.SIGINT) is before
    monkeypatch.setattr("sys.argv", ["hondo", "nonsense"])
    try:
        assert cli.main() == 2
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_choices_of_the_engines_are_printed_once_whatever_the_root_logger_does(capsys) -> None:
    root, twice = logging.getLogger(), logging.StreamHandler(sys.stderr)
    root.addHandler(twice)
    try:
        with cli._choices_as_lines("predict"):
            logging.getLogger("hondo.engines.auto_precision").info("openvino bf16: 4.1 ms")
    finally:
        root.removeHandler(twice)
    assert capsys.readouterr().err == "hondo: openvino bf16: 4.1 ms\n"


def test_hondo_alone_names_the_commands_to_start_with(capsys) -> None:
    assert cli.main([]) == 2
    shown = capsys.readouterr().out
    assert all(f"hondo {command}" in shown for command in ("demo", "predict photo.jpg", "live"))


def test_quiet_is_an_option_of_every_command(capsys, monkeypatch) -> None:
    begun = []
    monkeypatch.setattr(cli, "waiting_shown", lambda first: begun.append(first) or nullcontext())
    assert cli.main(["answers", "--number", "2"]) == 7 and begun == ["answers: loading"]
    assert cli.main(["answers", "--quiet", "--number", "2"]) == 7 and len(begun) == 1
    assert cli.main(["--quiet"]) == 2
