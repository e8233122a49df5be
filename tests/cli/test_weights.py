"""``hondo weights``, and the other commands with published weights by name, against a web server of the tests."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch

import hondo
from hondo.cli.main import main
from hondo.core.errors import HondoError
from hondo.images.read import write_image
from hondo.models.base.weights_file import read_header
from hondo.models.download.releases import RELEASES, Link, Release
from hondo.models.registry.build_model import build_model
from tests.models.download.site import Page, Site
from tests.models.published.test_fastdepth import authors_module

LABEL = "mobilenet-nnconv5dw-skipadd"


@pytest.fixture(scope="module")
def published() -> bytes:
    """A FastDepth of eight channels, as its authors save it."""
    torch.manual_seed(0)
    model = build_model("fastdepth", encoder_widths=(8,) * 14, decoder_widths=(8, 8))
    buffer = io.BytesIO()
    torch.save({"state_dict": authors_module(model).state_dict()}, buffer)
    return buffer.getvalue()


@pytest.fixture
def address(site: Site, cache: Path, published: bytes, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The site has the weights of fastdepth, and those of glpn-nyu under a licence that is to be accepted."""
    site.pages["/net.pth.tar"] = site.pages["/glpn.bin"] = Page(body=published)
    for model, name, label in (("fastdepth", "/net.pth.tar", LABEL), ("glpn-nyu", "/glpn.bin", "glpn_nyu")):
        release = Release(label=label, sources=(Link(url=site.url(name)),), terms=site.url("/terms"))
        monkeypatch.setitem(RELEASES, model, (release,))
    return site


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    return write_image(tmp_path / "in" / "photo.png", pixels)


def test_get_path_list_remove(address: Site, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "get", "fastdepth"]) == 0
    printed = capsys.readouterr()
    assert printed.out.strip() == str(cache / LABEL / "net.pth.tar")
    assert printed.err == f"hondo: fetching net.pth.tar, MIT, from {address.url('/net.pth.tar')}: 0.1 MB\n"
    assert main(["weights", "path", "fastdepth"]) == 0
    assert capsys.readouterr().out.strip() == str(cache / LABEL / "net.pth.tar")
    assert main(["weights", "list", "--json"]) == 0
    (entry,) = [each for each in json.loads(capsys.readouterr().out) if each["label"] == LABEL]
    assert entry["place"] == "here" and entry["source"] == address.url("/net.pth.tar") and len(entry["sha256"]) == 64
    assert main(["weights", "list"]) == 0
    assert f"│ {LABEL} " in capsys.readouterr().out
    assert main(["models"]) == 0
    rows = {row.split()[1]: row for row in capsys.readouterr().out.splitlines() if " M " in row}
    assert "│ here " in rows["fastdepth"] and "│ to fetch " in rows["dpt-large"] and "│ by hand " in rows["bts-nyu"]
    assert main(["weights", "remove", "fastdepth"]) == 0
    assert "0.1 MB are free again" in capsys.readouterr().out and not (cache / LABEL).exists()
    assert main(["weights", "path", "fastdepth"]) == 2


@pytest.mark.parametrize("words", [["get"], ["remove"], ["path"], ["get", "fastdeph"], ["fetch", "x"]])
def test_bad_input_is_one_line(words: list[str], cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_predict_fetches_once_and_then_works_offline(
    address: Site, cache: Path, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["predict", str(photo), "--model", "fastdepth", "--engine", "torch", "--precision", "fp32"]
    assert main([*words, "--offline", "--out", str(tmp_path / "none")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "not fetched: --offline, HONDO_OFFLINE or" in error and not address.requests
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    assert "hondo: fetching net.pth.tar, MIT, from http" in capsys.readouterr().err
    stored = json.loads((tmp_path / "out" / "predictions.json").read_text())
    count = len(address.requests)
    assert main([*words, "--offline", "--out", str(tmp_path / "again")]) == 0 and len(address.requests) == count
    again = json.loads((tmp_path / "again" / "predictions.json").read_text())
    kept = json.loads((cache / LABEL / "origin.json").read_text())
    assert stored["weights_sha256"] == again["weights_sha256"] == kept["sha256"]
    given = hondo.load("fastdepth", cache / LABEL / "net.pth.tar", engine="torch", precision="fp32")
    named = hondo.load("fastdepth", engine="torch", precision="fp32")
    np.testing.assert_array_equal(named(photo).values, given(photo).values)
    assert named.weights_file == given.weights_file == cache / LABEL / "net.pth.tar"


def test_a_licence_is_accepted_by_a_flag(address: Site, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "get", "glpn-nyu"]) == 2
    error = capsys.readouterr().err
    assert "glpn_nyu is not stated: read" in error and "--accept-licence (hondo weights get glpn_nyu) or" in error
    assert error.count("\n") == 1 and not address.requests
    assert main(["weights", "get", "glpn-nyu", "--accept-licence"]) == 0


def test_a_model_is_built_with_the_published_weights(address: Site, cache: Path) -> None:
    model = hondo.build_model("fastdepth", weights="download")
    assert model.options["encoder_widths"] == (8,) * 14
    assert hondo.fetch_weights("fastdepth") == cache / LABEL / "net.pth.tar"
    assert hondo.build_model("fastdepth", weights=LABEL).options == model.options
    assert hondo.build_model("hondo-nano", weights="download").name == "hondo-nano"


def test_an_exported_file_keeps_the_licence_of_published_weights(address: Site, cache: Path, tmp_path: Path) -> None:
    words = ["export", "fastdepth", "--to", "torch", "--size", "32x32"]
    assert main([*words, "--out", str(tmp_path / "named.safetensors")]) == 0
    given = ["--weights", str(cache / LABEL / "net.pth.tar"), "--out", str(tmp_path / "given.safetensors")]
    assert main([*words, *given]) == 0
    assert main([*words, "--weights", "random", "--out", str(tmp_path / "random.safetensors")]) == 0
    licences = [read_header(tmp_path / f"{name}.safetensors").licence for name in ("named", "given", "random")]
    assert licences == ["MIT", "MIT", ""]


def test_bench_fetches_what_it_was_told_to(
    address: Site, cache: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Speed needs no weights: a name alone is measured untrained."""

    def measure(models: tuple[str, ...], **how: object) -> None:
        raise HondoError("it would measure now")

    monkeypatch.setattr("hondo.evaluate.speed.bench_models.bench_models", measure)
    assert main(["bench", "fastdepth@torch:fp32"]) == 2 and not address.requests
    assert main(["bench", "fastdepth@torch:fp32", "--weights", "download"]) == 2
    assert (cache / LABEL / "net.pth.tar").is_file()
    assert [line for line in capsys.readouterr().err.splitlines() if "error" in line] == [
        "hondo: error: it would measure now"
    ] * 2
