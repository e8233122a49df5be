"""Errors and warnings for users: what was given, what is allowed, what to do."""

import difflib
import warnings
from collections.abc import Iterable


class HondoError(ValueError):
    """Invalid input. The command line prints it as one line and exits with 2.

    The message names Python arguments: ``device 'x' is unknown``, ``use engine="torch"``. ``field`` is the argument
    that is wrong, e.g. ``device``, ``size_hw`` or ``data.camera``. The command line shows both as flags.
    """

    def __init__(self, message: str = "", *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class HondoWarning(UserWarning):
    """What hondo assumed, guessed or left out, as one line; the command line prints each line once."""


def warn(message: str) -> None:
    """Says one line as a ``HondoWarning``; Python arguments in it are named as in ``HondoError``."""
    warnings.warn(message, HondoWarning, stacklevel=2)


class MissingExtraError(HondoError):
    """An optional package is not installed."""

    def __init__(self, package: str, *, extra: str) -> None:
        super().__init__(f'{package} is not installed; install it with: pip install "hondo[{extra}]"')


def reason_of(error: BaseException) -> str:
    """An error's message as one line."""
    return " ".join(str(error).split())


def unknown(what: str, given: str, allowed: Iterable[str], *, field: str | None = None) -> HondoError:
    """An error for a name that is not in a table, with the nearest names."""
    names = sorted(allowed)
    near = difflib.get_close_matches(given, names, n=3, cutoff=0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else f"choose one of: {', '.join(names)}"
    return HondoError(f"unknown {what} '{given}'; {hint}", field=field)
