"""thesis36: its grid, and its directions from results that are known."""

from dataclasses import replace

import pytest

from hondo.recipes.search.strategies import grid
from hondo.recipes.search.studies.thesis36 import claims, thesis36
from tests.recipes.search.fake_trials import outcome_of


def test_it_is_36_networks_at_two_sizes() -> None:
    trials = list(grid(thesis36(None), []).trials())
    assert len(trials) == 72 and not any(trial.train for trial in trials)
    options = [trial.recipe.model.options for trial in trials]
    assert {each["size_hw"] for each in options} == {(352, 1216), (192, 640)}
    assert {(each["encoder"], each["attention"], each["num_heads"], each["hooks"]) for each in options} == {
        (encoder, attention, heads, hooks)
        for encoder in ("resnet50", "efficientnet_b0")
        for attention in ("softmax", "performer")
        for heads in (1, 12, 24)
        for hooks in ((0, 1), (2, 5), (8, 11))
    }
    assert options[0]["size_hw"] != options[1]["size_hw"], (
        "one network at both sizes in a row, so that it is built once"
    )


def test_with_data_each_is_trained_and_scored() -> None:
    trial = next(grid(thesis36("kitti"), []).trials())
    assert trial.train and trial.recipe.data.root == trial.recipe.evaluate.data.root == "kitti"
    assert trial.recipe.data.size_hw == (352, 1216) and trial.recipe.model.start == "dpt-hybrid"


def test_directions_come_from_pairs() -> None:
    outcomes = []
    for trial in grid(thesis36(None), []).trials():
        fps = 10.0 * {"hooks 8,11": 1, "hooks 2,5": 1.3, "hooks 0,1": 1.6}[trial.factors["hooks"]]
        fps *= {"640x192": 1, "1216x352": 0.5}[trial.factors["input"]]
        fps *= {"standard": 1, "Performer": 0.9}[trial.factors["attention"]]
        outcomes.append(outcome_of(trial, results={"fps": fps, "fps_by_cpu": 2 * fps, "gmacs": 100.0}))
    found = {claim.what: claim for claim in claims(outcomes)}
    hooks = found["FPS, hooks (8,11) → (0,1), 640x192"]
    assert hooks.here == hooks.by_cpu == pytest.approx(1.6) and hooks.holds
    size = found["FPS, input 1216x352 → 640x192"]
    assert size.here == pytest.approx(2.0) and size.holds is False
    assert found["FPS, heads 12 → 1"].here == pytest.approx(1) and found["FPS, heads 12 → 1"].holds
    performer = found["FPS, to Performer, 12 heads, 640x192: 481 tokens"]
    assert performer.here == pytest.approx(0.9) and performer.holds
    assert found["GMACs, ResNet-50, hooks 0,1, 640x192"].here == 100
    shared = [replace(one, results=one.results | {"waited": 0.5, "fps_by_cpu": 1.0}) for one in outcomes]
    judged = {claim.what: claim for claim in claims(shared)}["FPS, hooks (8,11) → (0,1), 640x192"]
    assert judged.here == pytest.approx(1.6) and judged.by_cpu == 1 and judged.holds is False, "by processor time"
    assert all(claim.here is None and claim.holds is None for claim in claims([]))


def test_directions_are_judged_in_each_precision() -> None:
    outcomes = []
    for precision, ratio in (("fp32", 2.0), ("bf16", 1.2)):
        for trial in grid(thesis36(None), []).trials():
            fps = {"hooks 8,11": 1.0, "hooks 2,5": 1.0, "hooks 0,1": ratio}[trial.factors["hooks"]]
            named = replace(trial, factors=trial.factors | {"precision": precision})
            outcomes.append(outcome_of(named, results={"fps": fps, "fps_by_cpu": fps}))
    found = {claim.what: claim.holds for claim in claims(outcomes)}
    assert found["FPS, hooks (8,11) → (0,1), 640x192, fp32"] is True
    assert found["FPS, hooks (8,11) → (0,1), 640x192, bf16"] is False


def test_with_images_of_ones_own_each_is_trained_and_scored_on_them(tmp_path) -> None:
    (tmp_path / "train.csv").touch()
    trials = list(grid(thesis36(str(tmp_path)), []).trials())
    assert len(trials) == 36 and all(trial.factors["input"] == "640x192" for trial in trials)
    recipe = trials[0].recipe
    assert recipe.data.root == str(tmp_path / "train.csv")
    assert recipe.evaluate.data.root == str(tmp_path / "validation.csv")
    assert len(list(grid(thesis36("synthetic"), []).trials())) == 36
