"""trials.jsonl holds whole lines only, and one study."""

import pytest

from hondo.core.errors import HondoError, HondoWarning
from hondo.recipes.search.trial_log import Outcome, TrialLog, check_out


def outcome(name: str, **changes) -> Outcome:
    return Outcome(**({"hash": name, "state": "finished", "factors": {"lr": "1"}} | changes))


def test_lines_are_read_back_and_the_last_of_a_trial_counts(tmp_path) -> None:
    log = TrialLog(tmp_path)
    assert log.read() == []
    log.append(outcome("a", state="failed", error="x"))
    log.append(outcome("b", results={"fps": 2.0}))
    log.append(outcome("a"))
    assert [(one.hash, one.state) for one in log.read()] == [("a", "finished"), ("b", "finished")]


def test_a_line_that_was_cut_off_is_left_out_and_ended(tmp_path) -> None:
    log = TrialLog(tmp_path)
    log.append(outcome("a"))
    with log.path.open("a") as file:
        file.write('{"hash": "b", "sta')
    log.append(outcome("c"))
    with pytest.warns(HondoWarning, match="line 2: no outcome"):
        assert [one.hash for one in log.read()] == ["a", "c"]


def test_a_folder_holds_one_study(tmp_path) -> None:
    check_out(tmp_path, name="mine")
    (tmp_path / "study.json").write_text('{"name": "other"}')
    with pytest.raises(HondoError, match="holds the study 'other', not 'mine'"):
        check_out(tmp_path, name="mine")
    (tmp_path / "study.json").write_text("{")
    with pytest.raises(HondoError, match="is no folder of a study"):
        check_out(tmp_path, name="mine")
