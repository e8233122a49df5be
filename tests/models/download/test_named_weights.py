"""Published weights by the name of their model: what counts as a name, what options follow, and what errors say."""

import re
from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.models.download.fetch import LicenceError
from hondo.models.download.named_weights import DOWNLOAD, is_published, named_weights, no_weights, path_here
from hondo.models.download.releases import RELEASES


def put(cache: Path, label: str, *names: str) -> Path:
    (cache / label).mkdir(parents=True)
    for name in names:
        (cache / label / name).touch()
    return cache / label


@pytest.mark.parametrize(
    ("model", "weights"),
    [
        ("monodepth2", None),
        ("monodepth2", "random"),
        ("monodepth2", "some/folder"),
        ("monodepth2", "KITTI_MR"),
        ("runs/mine", DOWNLOAD),
        ("unet-light", "mono_640x192"),
    ],
)
def test_other_weights_are_no_names(cache: Path, model: str, weights: str | None) -> None:
    assert named_weights(model, weights, {}) is None and path_here(model, weights, {}) is None


def test_a_folder_of_the_name_of_a_release_is_a_folder(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert is_published("monodepth2", "mono_640x192")
    (tmp_path / "mono_640x192").mkdir()
    assert not is_published("monodepth2", "mono_640x192")


@pytest.mark.parametrize(
    ("weights", "options", "label", "is_stereo"),
    [
        (DOWNLOAD, {}, "mono_640x192", False),
        (DOWNLOAD, {"stereo": True}, "stereo_640x192", True),
        ("mono+stereo_1024x320", {}, "mono+stereo_1024x320", True),
        ("mono+stereo_1024x320", {"stereo": False}, "mono+stereo_1024x320", False),
    ],
)
def test_options_follow_from_the_weights_unless_they_are_given(
    cache: Path, weights: str, options: dict, label: str, is_stereo: bool
) -> None:
    folder = put(cache, label, "encoder.pth", "depth.pth")
    found = named_weights("monodepth2", weights, options | {"size_hw": (64, 96)})
    assert found is not None and found.path == folder == path_here("monodepth2", weights, options)
    assert found.options == {"stereo": is_stereo, "size_hw": (64, 96)}


def test_weights_that_were_put_there_by_hand_are_found_by_the_models_name(cache: Path) -> None:
    folder = put(cache, "adabins-nyu", "AdaBins_nyu.pt")
    found = named_weights("adabins-nyu", DOWNLOAD, {"bins": 256})
    assert found is not None and found.path == folder / "AdaBins_nyu.pt" and found.options == {"bins": 256}


@pytest.mark.parametrize("model", RELEASES)
def test_offline_every_model_says_file_address_and_place(cache: Path, model: str) -> None:
    release = RELEASES[model][0]
    with pytest.raises(HondoError) as caught:
        named_weights(model, DOWNLOAD, {}, offline=True, accept_licence=True)
    says = str(caught.value)
    assert release.sources[0].url in says and str(cache / release.label) in says and "\n" not in says
    assert (release.members or (release.sources[0].name,))[0] in says and "not fetched: offline=True" in says
    assert 'give weights=FILE; weights="random" builds it untrained; ' in says and caught.value.field == "weights"


def test_a_licence_is_asked_for_in_its_own_words(cache: Path) -> None:
    with pytest.raises(
        LicenceError, match=r"depth_anything_v2_vitb is CC-BY-NC-4\.0: read https://.*accept_licence=True \(hondo w"
    ):
        named_weights("depth-anything-b", DOWNLOAD, {})


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("adabins-kitti", r"get them from github\.com/shariqfarooq123/AdaBins \(GPL-3\.0\) and give weights=FILE"),
        ("dpt-base", "train it and give the run folder as the model, or give weights=FILE"),
        ("unet", "train it and give the run folder"),
    ],
)
def test_without_an_address_a_person_is_told_what_to_do(cache: Path, model: str, says: str) -> None:
    with pytest.raises(HondoError, match=says):
        named_weights(model, DOWNLOAD, {})
    place = f"once they lie in {cache / model}, the name finds them"
    assert bool(re.search(re.escape(place), str(no_weights(model)))) == (model == "adabins-kitti")
