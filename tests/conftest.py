"""Checks every shape annotation of hondo while the tests run, and finds the shared development data."""

import logging
import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
# No test reads or fills the user's cache; which engine serves is the same in each run. Tests of a trial turn it on.
_CACHE = tempfile.TemporaryDirectory(prefix="hondo-tests-")
os.environ["HONDO_CACHE"] = _CACHE.name
os.environ["HONDO_TRIAL"] = "0"
os.environ["HONDO_OFFLINE"] = "1"  # no test fetches weights of models; those of the download turn it off

from beartype import BeartypeConf, beartype  # noqa: E402
from jaxtyping import install_import_hook  # noqa: E402

# The hook names its checker by module and attribute; this one lets an int stand where a float is asked (PEP 484).
checker = ModuleType("hondo_test_checker")
checker.check = beartype(conf=BeartypeConf(is_pep484_tower=True))
sys.modules[checker.__name__] = checker
install_import_hook("hondo", "hondo_test_checker.check")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(autouse=True)
def loggers_of_hondo_are_on(request: pytest.FixtureRequest) -> None:
    """A test that reads the log sees it, whatever packages configured in tests before on the same worker."""
    if "caplog" in request.fixturenames:
        logging.disable(logging.NOTSET)
        for name in [name for name in logging.root.manager.loggerDict if name.split(".")[0] == "hondo"]:
            logging.getLogger(name).disabled, logging.getLogger(name).propagate = False, True


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
