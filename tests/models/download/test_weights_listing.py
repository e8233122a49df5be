"""The list of published weights, and the actions on them by name."""

import subprocess
import sys
from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.models.download.releases import RELEASES
from hondo.models.download.weights_cache import Stored, write_origin
from hondo.models.download.weights_listing import (
    Place,
    fetch_weights,
    list_weights,
    lookup,
    path_of_weights,
    places,
    remove_weights,
)


def put(cache: Path, label: str, *, size: int = 4) -> Path:
    (cache / label).mkdir(parents=True)
    (cache / label / "net.pt").write_bytes(b"1234")
    files = {"net.pt": size}
    write_origin(
        cache / label, Stored(url="https://x", sha256="ab" * 32, checked="-", files=files, licence="MIT", fetched="-")
    )
    return cache / label / "net.pt"


def test_every_model_with_published_weights_is_listed_once_with_its_place(cache: Path) -> None:
    entries = {entry.label: entry for entry in list_weights()}
    assert len(entries) == len(list_weights())
    assert entries["KITTI_MR"].models == ("manydepth", "manydepth-pose")
    assert entries["hondo-nano"].place is Place.PACKAGE and entries["hondo-nano"].size
    assert entries["depth_anything_v2_vits"].place is Place.TO_FETCH
    assert entries["adabins-nyu"].place is Place.BY_HAND and "unet" not in entries and "dpt-base" not in entries
    assert set(places()) >= set(RELEASES) and places()["unet-light"] is Place.NONE


def test_what_is_here_is_listed_with_size_and_sha256(cache: Path) -> None:
    path = put(cache, "glpn_nyu")
    put(cache, "glpn_kitti", size=5)
    (cache / "adabins-nyu").mkdir()
    (cache / "adabins-nyu" / "AdaBins_nyu.pt").touch()
    entries = {entry.label: entry for entry in list_weights()}
    here = entries["glpn_nyu"]
    assert (here.place, here.size, here.sha256, here.path) == (Place.HERE, 4, "ab" * 32, str(path))
    assert entries["glpn_kitti"].place is Place.DAMAGED
    assert (entries["adabins-nyu"].place, entries["adabins-nyu"].source) == (Place.HERE, "put there by hand")
    assert places()["glpn-nyu"] is Place.HERE and places()["glpn-kitti"] is Place.DAMAGED


def test_names_are_those_of_models_and_of_releases(cache: Path) -> None:
    assert lookup("monodepth2") == ("monodepth2", RELEASES["monodepth2"][0])
    assert lookup("stereo_640x192") == ("monodepth2", RELEASES["monodepth2"][3])
    assert lookup("adabins-nyu") == ("adabins-nyu", None)
    for name in ("unet-light", "stereo_640x129"):
        with pytest.raises(HondoError, match=f"unknown weights '{name}'; did you mean"):
            lookup(name)


def test_weights_that_are_here_are_given_without_a_request(cache: Path) -> None:
    path = put(cache, "dpt_large-midas-2f21e586")
    for name in ("dpt-large", "dpt_large-midas-2f21e586"):
        assert fetch_weights(name, offline=True) == path_of_weights(name) == path
    assert fetch_weights("hondo-nano") == path_of_weights("hondo-nano")


def test_those_that_are_not_here_say_how_to_get_them(cache: Path) -> None:
    with pytest.raises(HondoError, match="'dpt-large' are not here; fetch them with: hondo weights get dpt-large"):
        path_of_weights("dpt-large")
    with pytest.raises(HondoError, match=r"'adabins-nyu' comes without weights: get them from github\.com"):
        path_of_weights("adabins-nyu")
    with pytest.raises(HondoError, match="'adabins-nyu' comes without weights"):
        fetch_weights("adabins-nyu")


def test_removing(cache: Path) -> None:
    path = put(cache, "glpn_nyu")
    size = sum(file.stat().st_size for file in path.parent.iterdir())
    assert remove_weights("glpn-nyu") == size and not path.parent.exists()
    with pytest.raises(HondoError, match="'glpn-nyu' are not here: nothing to remove"):
        remove_weights("glpn-nyu")
    with pytest.raises(HondoError, match="'hondo-nano' are part of hondo and stay"):
        remove_weights("hondo-nano")


def test_the_list_needs_no_torch() -> None:
    code = "import sys, hondo.models.download.weights_listing as w; w.places(); assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
