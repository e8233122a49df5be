"""``hondo models``: every named model with its size, cost, weights and licence."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from hondo.models.registry.facts import ModelFacts

WIDEST = 1000  # characters of a line in a file


@dataclass(frozen=True, kw_only=True)
class ModelsConfig:
    """List the models that other commands take by name."""

    json: bool = False
    """Print JSON instead of a table."""


def run(config: ModelsConfig) -> None:
    from hondo.models.registry.facts import stored_facts

    facts = stored_facts()
    if config.json:
        print(json.dumps([asdict(fact) for fact in facts], indent=1))
    else:
        _print_table(facts)


def _print_table(facts: "Sequence[ModelFacts]") -> None:
    from rich.table import Table

    from hondo.models.download.weights_listing import places

    place = places()
    table = Table(caption="MACs: multiply-accumulates of convolutions, linear layers and attention for one image")
    for head in ("model", "family", "parameters", "MACs", "at", "output", "weights", "place", "licence"):
        justify = "right" if head in ("parameters", "MACs") else "left"
        table.add_column(head, justify=justify, overflow="fold", no_wrap=head == "model")
    for fact in facts:
        size = f"{fact.size_hw[0]}x{fact.size_hw[1]}"
        counts = f"{fact.parameters / 1e6:.2f} M", f"{fact.macs / 1e9:.2f} G"
        table.add_row(
            fact.name, fact.family, *counts, size, fact.kind, fact.weights, place[fact.name], fact.licence or "-"
        )
    print_wide(table)


def print_wide(table: "Table") -> None:
    """A table as wide as the terminal; in a file or a pipe, which have no width of their own, one line a row."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = WIDEST
        console.width = console.measure(table).maximum
    console.print(table)
