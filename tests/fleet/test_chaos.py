"""Two faults while a study trains on a cluster: every trial ends once, with the weights of a quiet run."""

from pathlib import Path

import pytest

pytest.importorskip("ray", reason="the extra fleet is not installed")
# Half a minute of CPU time; slow until it was seen to fit into `make test` on a quiet machine.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_a_lost_worker_and_a_lost_driver(tmp_path: Path) -> None:
    from benchmarks.chaos import run_chaos

    size = {"trials": 2, "epochs": 4, "steps": 2, "pause_s": 0.5, "workers": 1}
    found, done = run_chaos(tmp_path, kinds=["raylet", "driver"], faults=2, minutes=4, **size)
    assert done == {"raylet": 1, "driver": 1}
    assert found.is_good and found.lines == 2 and found.attempts >= 3
