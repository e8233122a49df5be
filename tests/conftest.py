"""Checks shape annotations while the tests run, reports CPU time, and finds the shared development data."""

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
# No test reads or fills the user's cache; which engine serves is the same in each run. Tests of a trial turn it on.
if "PYTEST_XDIST_WORKER" not in os.environ:  # a network that one process converted need not be converted by another
    _CACHE = tempfile.TemporaryDirectory(prefix="hondo-tests-")
    os.environ["HONDO_CACHE"] = _CACHE.name
os.environ["HONDO_TRIAL"] = "0"
os.environ["HONDO_OFFLINE"] = "1"  # no test fetches weights of models; those of the download turn it off

import torch
from beartype import BeartypeConf, FrozenDict, beartype
from jaxtyping import install_import_hook

# The hook names its checker by module and attribute; this one lets an int stand where a float is asked (PEP 484), and
# the symbol of a size where an int is: a graph for any size is traced with symbols.
checker = ModuleType("hondo_test_checker")
symbols = FrozenDict({int: int | torch.SymInt})
checker.check = beartype(conf=BeartypeConf(is_pep484_tower=True, hint_overrides=symbols))
sys.modules[checker.__name__] = checker
install_import_hook("hondo", "hondo_test_checker.check")

gc.set_threshold(20_000, 20, 20)  # the usual ones spend a tenth of the run on objects of torch that stay

CPU_BUDGET_S = 5.0  # of a test with its fixtures and the processes it waits for; `slow` is for what needs more
_begun_s: dict[str, float] = {}  # nodeid: when it began, in CPU seconds of this process
_spent_s: dict[str, float] = {}

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(autouse=True, scope="session")
def exports_are_quick() -> None:
    from tests.engines.quick_exports import make_exports_quick

    make_exports_quick()


@pytest.fixture(autouse=True, scope="session")
def nothing_stays_open(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """After all tests no file of theirs is open, and no process that they started runs."""
    yield
    from tests.core.integrity.leaks import left_children, open_files

    gc.collect()
    # Frames of a video are kept until the process ends, and their lock with them.
    files = [file for file in open_files(tmp_path_factory.getbasetemp()) if "hondo-frames-" not in str(file)]
    assert not files, f"files that stayed open: {files}"
    assert not (children := left_children()), f"processes that still run: {children}"


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """An address in a test's name is another in each process, and then pytest-xdist runs nothing at all."""
    named = next((item.nodeid for item in items if " at 0x" in item.nodeid), None)
    if named is not None:
        raise pytest.UsageError(f"{named}: the name holds an address; give the parameters ids of their own")


def cpu_s() -> float:
    """CPU seconds of this process and of those it has waited for."""
    return sum(os.times()[:4])


def pytest_runtest_logstart(nodeid: str) -> None:
    _begun_s[nodeid] = cpu_s()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    if call.when == "teardown":
        report.user_properties.append(("cpu_s", round(cpu_s() - _begun_s[item.nodeid], 2)))
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "teardown":
        _spent_s[report.nodeid] = dict(report.user_properties).get("cpu_s", 0.0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Names the tests that take more than their share, whoever else runs on the machine."""
    costly = sorted((spent, nodeid) for nodeid, spent in _spent_s.items() if spent > CPU_BUDGET_S)
    terminalreporter.write_line(f"{sum(_spent_s.values()):.0f} s of CPU time in {len(_spent_s)} tests")
    for spent, nodeid in reversed(costly):
        terminalreporter.write_line(f"{spent:.1f} s of CPU time, more than {CPU_BUDGET_S:.0f}: {nodeid}")
