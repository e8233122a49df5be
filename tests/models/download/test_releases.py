"""The table of addresses: its form, and how a release is chosen. Where it was written no address could be tried."""

import re
from collections import defaultdict

import pytest

from hondo.models.download.releases import APACHE, CC_BY_NC, RELEASES, HubFile, Link, Release, choose
from hondo.models.registry.build_model import check_options
from hondo.models.registry.facts import stored_facts
from hondo.models.registry.variant import origin_of
from hondo.models.registry.zoo import ZOO

ALL = [(model, release) for model, group in RELEASES.items() for release in group]
FACTS = {fact.name: fact for fact in stored_facts()}


@pytest.mark.parametrize(("model", "release"), ALL, ids=lambda value: getattr(value, "label", value))
def test_a_release_is_well_formed(model: str, release: Release) -> None:
    assert re.fullmatch(r"[\w+-]+", release.label) and release.sources and release.terms.startswith("https://")
    assert len(release.members) != 1  # the cache would give the file and not its folder
    assert check_options(model, dict(release.options))
    for source in release.sources:
        assert re.fullmatch(r"[\w+-]+(\.[a-z]+)+", source.name)
        assert (source.name.endswith(".zip")) == bool(release.members)
        if isinstance(source, HubFile):
            assert re.fullmatch(r"[\w-]+/[\w.-]+", source.repo)
            assert source.url == f"https://huggingface.co/{source.repo}/resolve/main/{source.file}"
        else:
            assert re.fullmatch(r"https?://[\w.-]+/[\w/.%-]+", source.url)
            assert source.sha256 in source.name and re.fullmatch("[0-9a-f]*", source.sha256)


@pytest.mark.parametrize("model", RELEASES)
def test_it_belongs_to_the_origin_of_its_model(model: str) -> None:
    """The model's reader takes authors' files; a file that the origin names is the one that is fetched."""
    origin = origin_of(ZOO[model])
    assert origin is not None and origin.read is not None
    assert origin.file_stem in (None, RELEASES[model][0].label)
    if RELEASES[model][0].terms in (APACHE, CC_BY_NC):
        assert FACTS[model].licence == ("Apache-2.0" if RELEASES[model][0].terms == APACHE else "CC-BY-NC-4.0")


def test_a_label_means_the_same_files_for_every_model() -> None:
    places = defaultdict(set)
    for _, release in ALL:
        places[release.label].add((release.sources, release.members, release.extras))
    assert all(len(found) == 1 for found in places.values()) and not places.keys() & ZOO.keys()


def test_the_names_of_files() -> None:
    assert HubFile(repo="a/b", file="deep/model.safetensors").name == "model.safetensors"
    assert Link(url="https://x.org/mono%2Bstereo_640x192.zip?raw=1").name == "mono+stereo_640x192.zip"


@pytest.mark.parametrize(
    ("options", "label", "expected"),
    [
        ({}, None, "mono_640x192"),
        ({"stereo": True}, None, "stereo_640x192"),
        ({"stereo": False, "size_hw": (64, 96)}, None, "mono_640x192"),
        ({}, "mono+stereo_1024x320", "mono+stereo_1024x320"),
    ],
)
def test_options_and_labels_choose(options: dict, label: str | None, expected: str) -> None:
    release = choose("monodepth2", label=label, options=options)
    assert release is not None and release.label == expected


def test_where_none_agrees_there_is_none() -> None:
    assert choose("monodepth2-resnet50", options={"stereo": True}) is None
    assert choose("adabins-nyu", options={}) is None
