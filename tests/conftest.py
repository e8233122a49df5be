"""Checks every shape annotation of hondo while the tests run, and finds the shared development data."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")

from jaxtyping import install_import_hook

install_import_hook("hondo", "beartype.beartype")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The development data beside the checkout; a test that needs it is skipped where it is absent."""
    if not (SHARED / "data" / "manifest.csv").exists():
        pytest.skip("development data (../shared/data) is not here")
    return SHARED / "data"


@pytest.fixture(scope="session")
def shared_reference() -> Path:
    if not (SHARED / "reference").exists():
        pytest.skip("reference vectors (../shared/reference) are not here")
    return SHARED / "reference"
