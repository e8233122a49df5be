"""The examples do what they say; the page's own package is not needed for that."""

import importlib.util
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

import hondo
from hondo.geometry.point_cloud import read_ply
from hondo.images.depth_file import read_png16

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "examples" / "space" / "app.py"


@pytest.fixture(scope="module")
def app():
    spec = importlib.util.spec_from_file_location("hondo_example_space", APP)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_image_gives_colours_and_two_files(app) -> None:
    image = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    colours, png, ply = app.depth_of(image)
    assert colours.shape == image.shape and read_png16(png).size_hw == (96, 128)
    assert len(read_ply(ply)[0]) == 96 * 128


def test_large_images_are_made_smaller(app) -> None:
    assert app.smaller(np.zeros((1601, 4000, 3), np.uint8)).shape == (534, 1334, 3)
    assert app.smaller(np.zeros((900, 1600, 3), np.uint8)).shape == (900, 1600, 3)


def test_the_space_asks_for_this_version_and_an_extra_that_there_is() -> None:
    lines = (APP.parent / "requirements.txt").read_text().splitlines()
    (name, extra, version) = re.fullmatch(r"(\w+)\[(\w+)\]==(\S+)", lines[0]).groups()
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert (name, version) == ("hondo", hondo.__version__) and extra in extras
    assert f"hondo-{version}-py3" in (APP.parent / "README.md").read_text()
