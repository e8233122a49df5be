"""Options and the progress bar of the commands that read a data set."""

import sys
from collections.abc import Iterable, Iterator
from typing import Annotated

import tyro

DataOption = Annotated[
    tyro.conf.UseAppendAction[tuple[str, ...]],
    tyro.conf.arg(
        metavar="KEY=VALUE", help="An option of the data set, e.g. --data-option camera=K.txt; may be repeated."
    ),
]


def progress_bar(indices: Iterable[int], *, text: str) -> Iterator[int]:
    """The indices with a progress bar on stderr, if that is a terminal."""
    from rich.console import Console
    from rich.progress import track

    from hondo.cli.options.waiting_line import done_waiting

    done_waiting()
    yield from track(indices, description=text, console=Console(stderr=True), disable=not sys.stderr.isatty())
