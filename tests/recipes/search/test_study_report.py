"""The report of a study: tables, figures and the page, from outcomes alone."""

from dataclasses import replace

from hondo.core.report import Report
from hondo.recipes.search.search_space import Claim, SpeedConfig
from hondo.recipes.search.strategies import grid
from hondo.recipes.search.study_report import LivePage, claims_rows, in_order, write_report
from hondo.recipes.search.trial_log import Outcome
from tests.recipes.search.fake_trials import fake_study, outcome_of

CLAIM = Claim(what="twice", published="x2", here=1.5, by_cpu=1.6, target="at least 2", holds=False)


def test_files_of_a_study(tmp_path) -> None:
    study = replace(fake_study(), speed=SpeedConfig(), claims=lambda outcomes: (CLAIM,))
    outcomes = []
    for number, trial in enumerate(grid(study, []).trials()):
        results = {
            "abs_rel": 0.3 - 0.02 * number,
            "fps": 10.0 + number % 3,
            "fps_by_cpu": 12.0 + number % 2,
            "gmacs": 3.0,
            "size_mb": 4.0,
            "waited": 0.5,
        }
        outcomes.append(outcome_of(trial, results=results))
    outcomes[0] = outcome_of(next(grid(study, []).trials()), state="failed", results={}, error="out of <memory>")
    path = write_report(study, outcomes, tmp_path)
    text = path.read_text()
    assert text.index("| 0.0006 |") < text.index("| 0.0002 |"), "the best comes first"
    assert "5 finished, 1 failed" in text and "waited 50%" in text and "out of <memory>" in text
    assert "| twice (published x2, target at least 2; does not hold here) | 1.500 | 1.600 |" in text
    figures = {file.name for file in (tmp_path / "figures").iterdir()}
    assert {"accuracy.png", "pareto.png", "fps_by_factor.png", "cost.png", "pareto.svg"} <= figures
    assert all(f"figures/{name}" in text for name in figures if name.endswith(".png"))
    page = (tmp_path / "report.html").read_text()
    assert (
        "data:image/png;base64" in page
        and "out of &lt;memory&gt;" in page
        and page.count("<table>") == page.count("</table>")
    )
    assert Report.from_json((tmp_path / "report.json").read_text()).rows


def test_a_study_without_an_outcome(tmp_path) -> None:
    text = write_report(fake_study(), [], tmp_path).read_text()
    assert "no trial has ended yet" in text and not (tmp_path / "figures").exists()


def test_what_was_not_measured_has_no_row() -> None:
    assert claims_rows([replace(CLAIM, here=None, by_cpu=None)]) == ()


def test_trials_of_other_machines_are_said(tmp_path) -> None:
    some = [
        Outcome(hash=name, state="finished", factors={"a": name}, results={"abs_rel": 1.0}, hardware=name)
        for name in "xy"
    ]
    assert "different machines: x; y" in write_report(fake_study(), some, tmp_path).read_text()


def test_the_page_follows_a_study_that_runs(tmp_path) -> None:
    study = fake_study()
    page, told = LivePage(study, tmp_path), [outcome_of(next(grid(study, []).trials()))]
    page.update(lambda: told, total=6)
    text = (tmp_path / "report.html").read_text()
    assert "http-equiv=refresh" in text and "1 of 6 trials have ended" in text and "0.0001" in text
    page.update(lambda: 1 / 0, total=6)  # not due yet: nothing is read
    write_report(study, told, tmp_path)
    assert "http-equiv=refresh" not in (tmp_path / "report.html").read_text()


def test_outcomes_stand_as_the_grid_lists_them() -> None:
    study = fake_study()
    outcomes = [outcome_of(trial) for trial in grid(study, []).trials()]
    assert in_order(study, outcomes[::-1]) == outcomes
