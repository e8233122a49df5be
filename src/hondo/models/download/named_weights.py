"""Published weights by the name of their model, for who builds it: fetched unless here, or an error with what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hondo.core.errors import HondoError
from hondo.models.download import weights_cache as cache
from hondo.models.download.fetch import LicenceError, Show, fetch
from hondo.models.download.releases import RELEASES, Release, choose
from hondo.models.download.transfer import FetchError
from hondo.models.registry.facts import STORED, ModelFacts, stored_facts

DOWNLOAD = "download"  # as the weights of a model: the published ones, from the cache or from their address


@dataclass(frozen=True, kw_only=True)
class NamedWeights:
    """The file or folder of published weights, and the options of the model's builder that hold for them."""

    path: Path
    options: Mapping[str, Any]


def named_weights(
    model: str,
    weights: str | Path | None,
    options: Mapping[str, Any],
    *,
    accept_licence: bool = False,
    offline: bool = False,
    show: Show | None = None,
) -> NamedWeights | None:
    """The published weights that ``weights`` names, "download" or the label of a release; None: it names a file.

    They are fetched unless they are here. Where that cannot be, the error says where to get them and where to put them.
    """
    if not is_published(model, weights):
        return None
    release = choose(model, label=None if weights == DOWNLOAD else str(weights), options=options)
    path = here_or_fetched(model, release, accept_licence=accept_licence, offline=offline, show=show)
    return NamedWeights(path=path, options={**(release.options if release else {}), **options})


def here_or_fetched(
    model: str,
    release: Release | None,
    *,
    accept_licence: bool = False,
    offline: bool = False,
    show: Show | None = None,
) -> Path:
    """The file or folder of a release of the model; None: of weights that a person has put there by hand."""
    if release is None:
        if (path := cache.find(model)) is None:
            raise no_weights(model)
        return path
    licence = fact_of(model).licence
    try:
        return fetch(release, licence=licence, accept_licence=accept_licence, offline=offline, show=show)
    except LicenceError:
        raise
    except FetchError as error:
        raise no_weights(model, release=release, reason=str(error)) from error


def is_published(model: str, weights: str | Path | None) -> bool:
    """Whether ``weights`` means published weights and no file: "download", or the label of one of the releases."""
    if packaged(model) is not None:
        return False
    if weights == DOWNLOAD:
        return any(fact.name == model for fact in stored_facts())
    labels = [release.label for release in RELEASES.get(model, ())]
    return str(weights) in labels and not Path(str(weights)).exists()


def path_here(model: str, weights: str | Path | None, options: Mapping[str, Any]) -> Path | None:
    """What ``named_weights`` would find in the cache; None where it would have to fetch."""
    if not is_published(model, weights):
        return None
    release = choose(model, label=None if weights == DOWNLOAD else str(weights), options=options)
    return cache.find(release.label if release else model)


def no_weights(model: str, *, release: Release | None = None, reason: str = "") -> HondoError:
    """The error of a model without weights: where to get them, where to put them, and why they were not fetched."""
    fact = fact_of(model)
    place = cache.weights_folder() / (release.label if release else model)
    if release is not None:
        source = release.sources[0]
        remedy = f"get them from {source.url} ({fact.licence}) and give weights=FILE"
        files = f"{' and '.join(release.members)} lie" if release.members else f"{source.name} lies"
        tail = f"; not fetched: {reason}; once {files} in {place}, the name finds them"
    elif has_origin(fact):
        remedy = f"get them from {fact.weights} ({fact.licence}) and give weights=FILE"
        tail = f"; once they lie in {place}, the name finds them"
    else:
        remedy, tail = "train it and give the run folder as the model, or give weights=FILE", ""
    says = f"'{model}' comes without weights: {remedy}; weights=\"random\" builds it untrained{tail}"
    return HondoError(says, field="weights")


def packaged(model: str) -> Path | None:
    """The weights that ship with hondo; None for models without."""
    path = STORED.parent / "weights" / f"{model}.safetensors"
    return path if path.is_file() else None


def has_origin(fact: ModelFacts) -> bool:
    """Whether somebody published weights of the model."""
    return "/" in fact.weights and not fact.weights.startswith("none")


def fact_of(model: str) -> ModelFacts:
    """What is stored of a named model."""
    return next(fact for fact in stored_facts() if fact.name == model)
