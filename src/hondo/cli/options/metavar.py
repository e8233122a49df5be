"""How an option is shown in the help."""

from typing import Any

import tyro


def shown_as(metavar: str) -> Any:
    """For Annotated: an option whose value is called ``metavar``, and whose description tells the default."""
    return tyro.conf.arg(metavar=metavar, help_behavior_hint="")
