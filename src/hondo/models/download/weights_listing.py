"""All named weights with the place they are in, and the actions of ``hondo weights`` on them. Imports no torch."""

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from hondo.core.errors import HondoError, unknown
from hondo.models.download import weights_cache as cache
from hondo.models.download.fetch import Show, alone
from hondo.models.download.named_weights import has_origin, here_or_fetched, no_weights, packaged
from hondo.models.download.releases import RELEASES, Release
from hondo.models.registry.facts import ModelFacts, stored_facts


class Place(StrEnum):
    """Where weights are."""

    PACKAGE = "in the package"
    HERE = "here"
    TO_FETCH = "to fetch"
    BY_HAND = "by hand"
    DAMAGED = "damaged"
    NONE = "-"


@dataclass(frozen=True, kw_only=True)
class WeightsEntry:
    """One line of ``hondo weights list``. ``size`` [bytes] and ``sha256`` are known once weights were fetched."""

    label: str
    models: tuple[str, ...]
    place: Place
    licence: str
    source: str
    size: int | None = None
    sha256: str | None = None
    path: str | None = None


def list_weights() -> list[WeightsEntry]:
    """Every release of every named model, and the models whose weights a person must fetch."""
    entries: dict[str, WeightsEntry] = {}
    for entry in (entry for fact in stored_facts() for entry in _entries(fact) if entry.place is not Place.NONE):
        before = entries.get(entry.label, replace(entry, models=()))
        entries[entry.label] = replace(before, models=(*before.models, *entry.models))
    return list(entries.values())


def places() -> dict[str, Place]:
    """The place of each named model's default weights."""
    return {fact.name: _entries(fact)[0].place for fact in stored_facts()}


def fetch_weights(name: str, *, accept_licence: bool = False, offline: bool = False, show: Show | None = None) -> Path:
    """The file or folder of published weights, fetched unless they are here.

    ``name``: of a model, or of a release of one, as ``hondo weights list`` shows them. ``accept_licence``: of weights
    that are not free for every use; asked for once.
    """
    model, release = lookup(name)
    if (path := packaged(model)) is not None:
        return path
    return here_or_fetched(model, release, accept_licence=accept_licence, offline=offline, show=show)


def path_of_weights(name: str) -> Path:
    """Where the weights of that name are; refuses those that are not here."""
    model, release = lookup(name)
    path = packaged(model) or cache.find(release.label if release else model)
    if path is None and release is None:
        raise no_weights(model)
    if path is None:
        raise HondoError(f"the weights of '{name}' are not here; fetch them with: hondo weights get {name}")
    return path


def remove_weights(name: str) -> int:
    """Deletes fetched weights, also such that came in part; the bytes that are free again."""
    model, release = lookup(name)
    if packaged(model) is not None:
        raise HondoError(f"the weights of '{name}' are part of hondo and stay")
    label = release.label if release else model
    with alone(label):
        size = cache.remove(label)
    if not size:
        raise HondoError(f"the weights of '{name}' are not here: nothing to remove")
    return size


def lookup(name: str) -> tuple[str, Release | None]:
    """The model of that name with its default release, or the release of that label with its model."""
    facts = [fact.name for fact in stored_facts() if packaged(fact.name) or has_origin(fact)]
    if name in facts:
        return name, next(iter(RELEASES.get(name, ())), None)
    labels = {release.label: (model, release) for model, group in RELEASES.items() for release in group}
    if name not in labels:
        raise unknown("weights", name, [*facts, *labels])
    return labels[name]


def _entries(fact: ModelFacts) -> list[WeightsEntry]:
    blank = WeightsEntry(
        label=fact.name, models=(fact.name,), place=Place.NONE, licence=fact.licence, source=fact.weights
    )
    if (path := packaged(fact.name)) is not None:
        return [replace(blank, place=Place.PACKAGE, size=path.stat().st_size, path=str(path))]
    if fact.name not in RELEASES:
        return [_found(replace(blank, place=Place.BY_HAND) if has_origin(fact) else blank)]
    return [
        _found(replace(blank, label=release.label, place=Place.TO_FETCH, source=release.sources[0].url))
        for release in RELEASES[fact.name]
    ]


def _found(entry: WeightsEntry) -> WeightsEntry:
    """The entry with what is in the cache; as it is where nothing is."""
    try:
        path = cache.find(entry.label)
    except HondoError:
        return replace(entry, place=Place.DAMAGED)
    if path is None:
        return entry
    if (kept := cache.stored(entry.label)) is None:
        return replace(entry, place=Place.HERE, path=str(path), source="put there by hand")
    return replace(entry, place=Place.HERE, path=str(path), source=kept.url, size=kept.size, sha256=kept.sha256)
