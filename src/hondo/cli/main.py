"""The ``hondo`` command: imports the file of a command, parses its config, runs it, prints errors as one line.

A command is one file with a config dataclass and ``run(config: Config) -> int | None``; None counts as 0. Its module
does not import torch at the top: ``--help`` answers at once.
"""

import logging
import re
import signal
import sys
import typing
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stderr
from importlib import import_module
from io import StringIO, TextIOWrapper
from typing import Any

from hondo.cli.options.flags import message_with_flags, text_with_flags
from hondo.cli.options.waiting_line import starting_shown, waiting_shown
from hondo.core.errors import HondoError, HondoWarning, unknown
from hondo.core.memory_errors import is_out_of_memory
from hondo.version import __version__

# name -> (where its run function lives, what it does)
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("hondo.cli.running.demo:run", "the main job end to end on embedded data"),
    "models": ("hondo.cli.models:run", "every named model with its size, cost, weights and licence"),
    "weights": ("hondo.cli.weights:run", "published weights: list, get, path, remove"),
    "predict": ("hondo.cli.running.predict:run", "depth of images, folders, videos and cameras"),
    "doctor": ("hondo.cli.training.doctor:run", "whether videos or stereo pairs are fit to train on"),
    "train": ("hondo.cli.training.train:run", "train a recipe, or resume a run"),
    "distil": ("hondo.cli.training.distil:run", "a small model learns from a large one, without labels"),
    "runs": ("hondo.cli.training.runs:run", "run folders side by side"),
    "study": ("hondo.cli.training.study:run", "a grid or search over recipes: tables, figures, resumes"),
    "fleet": ("hondo.cli.deployment.fleet:run", "machines for studies and batch prediction: check, up, submit, down"),
    "evaluate": ("hondo.cli.training.evaluate:run", "score a model or a folder of predictions"),
    "bench": ("hondo.cli.deployment.bench:run", "latency, throughput, MACs, memory and file size of models"),
    "live": ("hondo.cli.running.live:run", "a camera or recording with its depth, live in the browser"),
    "serve": ("hondo.cli.running.serve:run", "depth over HTTP and WebSocket, with a page to look at it"),
    "export": ("hondo.cli.deployment.export:run", "export a model and check the file against torch"),
    "odometry": ("hondo.cli.mapping.odometry:run", "the camera's path through a video: TUM, KITTI, scores, figures"),
    "scale": ("hondo.cli.mapping.scale:run", "metres for an up-to-scale model, from what was measured"),
    "compress": ("hondo.cli.deployment.compress:run", "a smaller model: hooks, heads, attention, width, size, encoder"),
    "fit": (
        "hondo.cli.deployment.fit:run",
        "name a frame rate: the most accurate variant of a model that meets it here",
    ),
    "fuse": ("hondo.cli.mapping.fuse_scene:run", "a coloured mesh or cloud (PLY, GLB) of the place that a video shows"),
    "data": ("hondo.cli.training.data:run", "verify, make or list data sets"),
}

LESS_MEMORY = {"train": "a smaller --batches.batch-size or --data.size-hw"}  # options of a command to lower
QUIET = "--quiet"  # of every command
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line and returns its exit code."""
    _accept_any_text()
    is_process = arguments is None
    given = list(sys.argv[1:] if arguments is None else arguments)
    arguments = [argument for argument in given if argument != QUIET]
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage() if arguments else first_steps())
        return 0 if arguments else EXIT_BAD_INPUT
    if arguments[0] in ("-V", "--version"):
        print(f"hondo {__version__}")
        return 0
    is_quiet = QUIET in given
    try:
        with _warnings_as_lines(arguments[0]), nullcontext() if is_quiet else _choices_as_lines(arguments[0]):
            return _run(arguments[0], arguments[1:], is_quiet=is_quiet)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away: nothing to report, and nobody to report it to
        return 1
    except (HondoError, OSError) as error:
        print(f"hondo: error: {one_line(error, command=arguments[0])}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except KeyboardInterrupt:
        print("hondo: stopped", file=sys.stderr)
        return EXIT_INTERRUPTED
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        remedy = LESS_MEMORY.get(arguments[0], "a smaller --size or --batch")
        print(f"hondo: error: not enough memory; give {remedy}", file=sys.stderr)
        return EXIT_BAD_INPUT
    finally:
        if is_process:
            signal.signal(
                signal.SIGINT, signal.SIG_IGN
            )  # all is done: Ctrl-C while Python ends would hide the exit code


def _accept_any_text() -> None:
    """Text that the terminal's encoding does not have (an arrow in ASCII, a foreign file name) prints as ?."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors="replace")


def usage() -> str:
    """The text of ``hondo --help``."""
    width = max(map(len, COMMANDS))
    rows = [f"  {name:<{width}}  {summary}" for name, (_, summary) in COMMANDS.items()]
    lines = [f"hondo {__version__}: monocular depth: train, evaluate, export and run live", ""]
    lines += ["usage: hondo COMMAND [options]", "", "commands:", *rows, ""]
    last = "hondo COMMAND --help tells a command's options; --quiet leaves out progress; hondo --version the version"
    return "\n".join([*lines, last])


def first_steps() -> str:
    """What ``hondo`` alone says: the commands to start with."""
    lines = [
        f"hondo {__version__}: depth from single images and video. Three commands to start with:", "",
        "  hondo demo                everything once, on a clip that is included, in about two minutes",
        "  hondo predict photo.jpg   the depth of your own images and videos, into the folder predictions",
        "  hondo live webcam:0       a camera with its depth in the browser; `hondo live clip` needs no camera", "",
        "hondo --help lists all commands, hondo COMMAND --help the options of one",
    ]  # fmt: skip
    return "\n".join(lines)


def config_type(run: Callable[..., Any]) -> Any:
    """The annotation of the one argument of a command's run function: its config dataclass, or a union of them."""
    hints = typing.get_type_hints(run, include_extras=True)
    hints.pop("return", None)
    assert len(hints) == 1, f"{run} must take exactly one annotated config"
    return next(iter(hints.values()))


def one_line(error: BaseException, *, command: str) -> str:
    """An error as one line with the flags of ``command``; a missing file keeps its name."""
    if isinstance(error, OSError) and error.strerror and not isinstance(error, HondoError):
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return message_with_flags(error, command=command) or type(error).__name__


@contextmanager
def _warnings_as_lines(command: str) -> Iterator[None]:
    """Prints each HondoWarning as one line on stderr, with the flags of ``command``; others as Python does."""
    with warnings.catch_warnings():
        show, printed = warnings.showwarning, set[str]()
        warnings.simplefilter("always", HondoWarning)

        def show_line(message: Warning | str, category: type[Warning], *place: Any) -> None:
            if not issubclass(category, HondoWarning):
                return show(message, category, *place)
            line = text_with_flags(" ".join(str(message).split()), command=command)
            if line not in printed:
                print(f"hondo: warning: {line}", file=sys.stderr)
            printed.add(line)

        warnings.showwarning = show_line
        yield


@contextmanager
def _choices_as_lines(command: str) -> Iterator[None]:
    """Prints what the engines chose as lines on stderr, with the flags of ``command``."""

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            print(f"hondo: {text_with_flags(record.getMessage(), command=command)}", file=sys.stderr)

    choices, lines = logging.getLogger("hondo.engines"), Lines()
    level, propagates = choices.level, choices.propagate
    choices.addHandler(lines)
    choices.setLevel(logging.INFO)
    choices.propagate = False  # a library that configures the root logger would print them again
    try:
        yield
    finally:
        choices.removeHandler(lines)
        choices.setLevel(level)
        choices.propagate = propagates


def _run(name: str, arguments: list[str], *, is_quiet: bool = False) -> int:
    if name not in COMMANDS:
        raise unknown("command", name, COMMANDS)
    is_help = any(each in ("-h", "--help") for each in arguments)
    with nullcontext() if is_quiet or is_help else starting_shown(f"{name}: starting"):
        parsed = _parsed(name, arguments)
    if parsed is None:
        return 0
    run, config = parsed
    with nullcontext() if is_quiet else waiting_shown(first=f"{name}: loading"):
        return run(config) or 0


def _parsed(name: str, arguments: list[str]) -> tuple[Callable[..., int | None], Any] | None:
    """A command's function and its config, checked as far as needs no torch; None where its help was printed."""
    import tyro

    from hondo.cli.options.early_checks import check_early

    module, _, attribute = COMMANDS[name][0].partition(":")
    run = getattr(import_module(module), attribute)
    parse = getattr(import_module(module), "parse", None)  # a command whose options depend on its first argument
    complaint = StringIO()
    try:
        with redirect_stderr(complaint):
            if parse is not None:
                config = parse(arguments)
            else:
                config = tyro.cli(config_type(run), args=arguments, prog=f"hondo {name}", description=COMMANDS[name][1])
    except SystemExit as stop:
        if not stop.code:  # it has printed the help
            return None
        raise HondoError(_unboxed(complaint.getvalue()) or f"bad options; see hondo {name} --help") from None
    check_early(config, command=name)
    return run, config


def _unboxed(text: str) -> str:
    """tyro's complaint, a box with a title, as one line without the title; its parts stand between rules."""
    plain = re.sub(r"\x1b\[[0-9;]*m|[╭╮╰╯│]", " ", text)
    parts = [" ".join(part.split()) for part in re.split(r"[─-]{5,}", re.sub(r"^.*\n", "", plain.lstrip()))]
    return "; ".join(part for part in parts if part)


if __name__ == "__main__":
    sys.exit(main())
