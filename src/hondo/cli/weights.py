"""``hondo weights list / get / path / remove``: published weights in the cache."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import tyro

from hondo.cli.models import print_wide
from hondo.core.errors import HondoError

if TYPE_CHECKING:
    from hondo.models.download.weights_listing import WeightsEntry

Names = Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="NAME...")]


@dataclass(frozen=True, kw_only=True)
class ListConfig:
    """List published weights: which are here, which can be fetched, which a person fetches by hand."""

    json: bool = False
    """Print JSON instead of a table."""


@dataclass(frozen=True, kw_only=True)
class GetConfig:
    """Fetch weights into the cache (HONDO_CACHE moves it) and print where they are."""

    names: Names
    """Models from `hondo models`, or weights from `hondo weights list`."""
    accept_licence: bool = False
    """Accept the licence, once, where it does not allow every use."""
    offline: bool = False
    """Fetch nothing; only say where the weights are that are here."""


@dataclass(frozen=True, kw_only=True)
class PathConfig:
    """Print where weights are; fails if they are not here."""

    name: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="NAME")]
    """A model, or weights from `hondo weights list`."""


@dataclass(frozen=True, kw_only=True)
class RemoveConfig:
    """Delete fetched weights from the cache."""

    names: Names
    """Models, or weights from `hondo weights list`."""


Config = (
    Annotated[ListConfig, tyro.conf.subcommand("list")]
    | Annotated[GetConfig, tyro.conf.subcommand("get")]
    | Annotated[PathConfig, tyro.conf.subcommand("path")]
    | Annotated[RemoveConfig, tyro.conf.subcommand("remove")]
)


def run(config: Config) -> None:
    from hondo.models.download import weights_listing as weights

    if isinstance(config, ListConfig):
        _list(weights.list_weights(), as_json=config.json)
    elif isinstance(config, PathConfig):
        print(weights.path_of_weights(config.name))
    elif isinstance(config, GetConfig):
        for name in _given(config.names):
            print(weights.fetch_weights(name, accept_licence=config.accept_licence, offline=config.offline))
    else:
        for name in _given(config.names):
            print(f"{name}: {weights.remove_weights(name) / 1e6:.1f} MB are free again")


def _given(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise HondoError("give the names of models, or of weights from: hondo weights list")
    return names


def _list(entries: "Sequence[WeightsEntry]", *, as_json: bool) -> None:
    from rich.table import Table

    if as_json:
        print(json.dumps([asdict(entry) for entry in entries], indent=1))
        return
    table = Table(caption="SHA-256: of the file as it was fetched, its first 12 digits")
    for head in ("weights", "models", "place", "size", "SHA-256", "licence", "source"):
        table.add_column(head, justify="right" if head == "size" else "left", overflow="fold")
    for entry in entries:
        size = "-" if entry.size is None else f"{entry.size / 1e6:.1f} MB"
        known = (entry.sha256 or "-")[:12]
        table.add_row(
            entry.label, ", ".join(entry.models), entry.place, size, known, entry.licence or "-", entry.source
        )
    print_wide(table)
