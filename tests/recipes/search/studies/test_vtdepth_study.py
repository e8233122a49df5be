"""vtdepth: six architectures, trained alike; the slow test trains two of them for two steps."""

from dataclasses import replace

import pytest

from hondo.recipes.search.run_study import run_study
from hondo.recipes.search.strategies import grid
from hondo.recipes.search.studies.vtdepth_study import ARCHITECTURES, vtdepth_study


def test_on_rendered_walks_the_architectures_alone_differ() -> None:
    trials = list(grid(vtdepth_study(None), []).trials())
    assert [trial.factors["architecture"] for trial in trials] == list(ARCHITECTURES)
    assert len({trial.recipe.model.name for trial in trials}) == len(trials)
    first = trials[0].recipe
    for recipe in (trial.recipe for trial in trials):
        same = ("data", "batches", "evaluate", "augment", "loop", "seed")
        assert all(getattr(recipe, name) == getattr(first, name) for name in same)
        assert recipe.optim.max_steps == first.optim.max_steps and recipe.optim.lr == first.optim.lr
        assert recipe.model.options.get("pretrained") is False


@pytest.mark.slow
def test_two_architectures_end_to_end(tmp_path) -> None:
    study = vtdepth_study(None)
    (factor,) = study.factors
    short = {"optim.max_steps": 2}
    levels = [
        replace(level, changes=level.changes | short) for level in factor.levels if level.label in ("CNN", "pure ViT")
    ]
    speed = replace(study.speed, runs=2, size_hw=(64, 192))
    found = run_study(replace(study, factors=(replace(factor, levels=tuple(levels)),), speed=speed), out=tmp_path)
    assert not found.failed and all({"abs_rel", "fps", "gmacs"} <= one.results.keys() for one in found.outcomes)
    assert (tmp_path / "figures" / "curves.png").exists() and (tmp_path / "figures" / "pareto.png").exists()
