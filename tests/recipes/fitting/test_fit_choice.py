"""What wins, and the sentence about it."""

from dataclasses import replace
from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.recipes.fitting.fit_choice import ranked, sentence
from hondo.recipes.fitting.fit_results import Result, ResultLog, Variant, Winner
from hondo.recipes.fitting.fit_target import FitTarget, pareto_front, parse_budget

FULL = Variant(size_hw=(192, 256), engine="openvino", precision="fp32")
FIRST = Result(variant=FULL, latency_ms=20, high_ms=21, error=0.0, gmacs=1.5, file_mb=8, hardware="here")
HALF = replace(FIRST, variant=replace(FULL, size_hw=(96, 128)), latency_ms=8, high_ms=9, error=0.05, gmacs=0.4)
INT8 = replace(FIRST, variant=replace(FULL, precision="int8"), latency_ms=9, error=0.01, file_mb=2)
FAST = FitTarget(fps=100)


def won(result: Result, *missed: str) -> Winner:
    fps = 1000 / result.high_ms
    return Winner(result=result, path=Path("model.xml"), promised_fps=fps, again_fps=fps, missed=missed)


def test_the_most_accurate_within_the_target_wins_else_the_nearest() -> None:
    assert ranked([FIRST, HALF, INT8], FAST) == [INT8, HALF]
    assert ranked([FIRST, HALF, INT8], FitTarget(fps=200))[0] is HALF
    assert ranked([FIRST, HALF, INT8], FitTarget(fps=10, max_file_mb=4)) == [INT8]
    close = replace(HALF, error=0.0101)
    assert ranked([INT8, close], FAST)[0] is close, "as accurate within the noise: the faster"


def test_the_sentence_says_what_was_given_up_for_what() -> None:
    text = sentence("m", won(HALF), FIRST, FAST, what="abs_rel")
    assert "111.1 FPS in place of 50.0 by an input of 96x128 in place of 192x256" in text
    assert "given up: depth that differs by 5.0 %" in text
    as_it_is = sentence("m", won(FIRST), FIRST, FitTarget(fps=30), what="abs_rel")
    assert "as it is" in as_it_is and "nothing is given up" in as_it_is
    labelled, tuned = replace(FIRST, error=0.2), replace(HALF, error=0.15, tuned="full")
    assert "no accuracy is given up and the error fell from 0.200 to 0.150" in sentence(
        "m", won(tuned), labelled, FAST, what="abs_rel"
    )


def test_a_target_that_nobody_meets_names_the_nearest_and_what_it_would_take() -> None:
    text = sentence("m", won(HALF, "125 FPS of 250"), FIRST, FitTarget(fps=250), what="abs_rel")
    assert "nearest reachable, 96x128" in text and "a device 2.2 times as fast, or a model of about 0.18 GMAC" in text


def test_results_are_kept_and_those_of_other_machines_do_not_count(tmp_path) -> None:
    log = ResultLog(tmp_path, hardware="here")
    log.add(FIRST)
    log.add(replace(HALF, failed="no memory"))
    log.add(replace(INT8, hardware="there"))
    with (tmp_path / "results.jsonl").open("a") as file:
        file.write('{"cut off')
    with pytest.warns(UserWarning, match="line 4"):
        again = ResultLog(tmp_path, hardware="here")
    assert again.find(FULL) == FIRST and again.valid == [FIRST] and len(again.failed) == 1
    assert again.find(INT8.variant) is None and again.find(FULL, tuned="short") is None


def test_budgets_and_fronts() -> None:
    assert [parse_budget(text) for text in ("90", "90s", "30m", "2h")] == [90, 90, 1800, 7200]
    with pytest.raises(HondoError, match="budget 'soon'"):
        parse_budget("soon")
    with pytest.raises(HondoError, match="unknown dimension to keep 'sise'; did you mean size"):
        FitTarget(fps=1, keep=("sise",))
    with pytest.raises(HondoError, match="fps"):
        FitTarget(fps=0)
    assert pareto_front([(3, 1), (1, 3), (2, 2), (2.5, 2), (4, 1)]) == [1, 2, 0]
