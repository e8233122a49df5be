"""A study is resumed where it was killed, writes each trial once, and has one process at a time."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from hondo.core.errors import HondoError
from hondo.recipes.search.run_study import run_study
from hondo.recipes.search.search_space import Factor, Level, SpeedConfig
from hondo.recipes.search.trial_log import TrialLog
from tests.recipes.search.fake_trials import fake_study, outcome_of

ROOT = Path(__file__).resolve().parents[3]
SLOW = """
import sys
from pathlib import Path
from hondo.recipes.search.run_study import run_study
from tests.recipes.search.fake_trials import fake_study, slow_here
run_study(fake_study(), out=Path(sys.argv[1]), execute=slow_here)
"""


def counting(ran: list[str], state: str = "finished"):
    def execute(trials, work, on_value):
        for trial in trials:
            ran.append(trial.hash)
            yield outcome_of(trial, **({} if state == "finished" else {"state": state, "results": {}}))

    return execute


def test_a_killed_study_goes_on_where_it_was(tmp_path) -> None:
    log = TrialLog(tmp_path)
    killed = subprocess.Popen([sys.executable, "-c", SLOW, str(tmp_path)], cwd=ROOT)
    try:
        while len(log.read()) < 2:
            assert killed.poll() is None
            time.sleep(0.02)
    finally:
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
    kept, ran = log.read(), []
    found = run_study(fake_study(), out=tmp_path, execute=counting(ran))
    assert len(ran) == 6 - len(kept) and not {one.hash for one in kept} & set(ran)
    assert len(log.path.read_text().splitlines()) == 6 == len(found.outcomes)
    assert found.report.read_text().startswith("## Study fake") and not (tmp_path / "running.json").exists()


def test_failed_trials_are_kept_and_run_again_only_on_request(tmp_path) -> None:
    ran = []
    first = run_study(fake_study(), out=tmp_path, execute=counting(ran, "failed"))
    assert len(first.failed) == 6
    again = run_study(fake_study(), out=tmp_path, execute=counting(ran))
    assert len(ran) == 6 and len(again.failed) == 6
    retried = run_study(fake_study(), out=tmp_path, execute=counting(ran), retry=True)
    assert len(ran) == 12 and not retried.failed


def test_an_interrupt_keeps_what_is_done(tmp_path) -> None:
    def interrupted(trials, work, on_value):
        yield outcome_of(next(trials))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_study(fake_study(), out=tmp_path, execute=interrupted)
    assert len(TrialLog(tmp_path).read()) == 1 and "1 finished" in (tmp_path / "report.md").read_text()


def test_a_precision_that_no_trial_could_run_in_is_refused_before_the_first(tmp_path) -> None:
    with pytest.raises(HondoError, match="precision 'int3' is not offered by torch"):
        run_study(fake_study(speed=SpeedConfig(precision="int3")), out=tmp_path)
    assert not TrialLog(tmp_path).read()


def test_what_is_refused(tmp_path) -> None:
    with pytest.raises(HondoError, match="workers must be at least 1"):
        run_study(fake_study(), out=tmp_path, workers=0)
    wrong = Factor(name="x", levels=(Level(label="a", changes={"model.options.headss": 1}),))
    with pytest.raises(HondoError, match="has no option 'headss'"):
        run_study(fake_study(factors=(wrong,)), out=tmp_path, execute=counting([]))
    run_study(fake_study(), out=tmp_path, execute=counting([]))
    with pytest.raises(HondoError, match="holds the study 'fake', not 'other'"):
        run_study(fake_study(name="other"), out=tmp_path)
    with FileLock(tmp_path / ".lock"), pytest.raises(HondoError, match="another process runs this study"):
        run_study(fake_study(), out=tmp_path)
