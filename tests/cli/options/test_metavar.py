from dataclasses import dataclass
from typing import Annotated

import pytest
import tyro

from hondo.cli.options.metavar import shown_as


@dataclass(frozen=True)
class Options:
    """Some."""

    limit: Annotated[int | None, shown_as("N")] = None
    """Images used. Default: all."""


def test_the_help_names_the_value_and_adds_no_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        tyro.cli(Options, args=["--help"])
    shown = capsys.readouterr().out
    assert "--limit N" in shown and "(default" not in shown
    assert tyro.cli(Options, args=["--limit", "3"]).limit == 3
