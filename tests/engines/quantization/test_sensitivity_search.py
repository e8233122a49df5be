from collections.abc import Callable

import pytest

from hondo.core.errors import HondoError
from hondo.engines.quantization.sensitivity_search import LAST_TRIALS, blocks_of, search

LAYERS = [f"encoder.blocks.{block}.{part}" for block in range(10) for part in ("qkv", "proj", "fc1", "fc2")]
EQUAL = dict.fromkeys(LAYERS, 1.0)


def drops(costs: dict[str, float]) -> Callable[[frozenset[str]], float]:
    """A model whose drop is the sum of what its quantised layers cost."""
    return lambda kept: sum((costs.get(name, 1e-5) for name in LAYERS if name not in kept), 0.0)


def counted(drop_of: Callable[[frozenset[str]], float]) -> tuple[list[frozenset[str]], Callable]:
    asked: list[frozenset[str]] = []
    return asked, lambda kept: asked.append(kept) or drop_of(kept)


def test_nothing_is_searched_where_all_layers_may_be_quantised() -> None:
    asked, drop_of = counted(drops({}))
    choice = search(EQUAL, drop_of)
    assert choice.kept == () and choice.abs_rel_error == pytest.approx(4e-4)
    assert asked == [frozenset()] and choice.trials == 1


@pytest.mark.parametrize("bad", [("encoder.blocks.7.fc2",), ("encoder.blocks.0.qkv", "encoder.blocks.9.proj")])
def test_the_layers_that_must_be_kept_are_found_and_no_others(bad: tuple[str, ...]) -> None:
    choice = search(EQUAL, drops(dict.fromkeys(bad, 0.1)))
    assert choice.kept == bad and choice.abs_rel_error < 0.01
    dearest = [layer for cost in choice.sensitivities[: len(bad)] for layer in cost.layers]
    assert set(bad) <= set(dearest) and choice.sensitivities[0].abs_rel_error > 0.1


def test_the_search_is_far_cheaper_than_a_trial_for_each_layer() -> None:
    choice = search(EQUAL, drops({"encoder.blocks.3.fc1": 0.2}))
    assert choice.trials < len(LAYERS) / 1.5


def test_a_large_model_is_searched_from_coarse_to_fine() -> None:
    parts = ("attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2")
    large = [f"net.encoder.blocks.{block}.{part}" for block in range(24) for part in parts]
    large += [f"net.decoder.fuse.{level}.conv{number}" for level in range(4) for number in (1, 2, 3, 4)]
    bad = "net.encoder.blocks.17.mlp.fc2"
    equal = dict.fromkeys(large, 1.0)
    choice = search(equal, lambda kept: 1e-5 * (len(large) - len(kept)) + 0.1 * (bad not in kept))
    assert choice.kept == (bad,) and choice.abs_rel_error < 0.01
    assert choice.trials < 60 < len(large) / 1.8


@pytest.mark.parametrize("count", [1, 2, 24, 25, 100])
def test_layers_that_all_must_be_kept_are(count: int) -> None:
    loose = [f"conv_{number}" for number in range(count)]
    choice = search(dict.fromkeys(loose, 1.0), lambda kept: 0.02 * (count - len(kept)))
    assert choice.kept == tuple(loose) and choice.abs_rel_error == 0


def test_where_most_must_be_kept_the_search_ends_in_time() -> None:
    layers = [f"stage.{block}.{part}" for block in range(20) for part in range(20)]
    on_progress: list[str] = []
    choice = search(dict.fromkeys(layers, 1.0), lambda kept: float(len(kept) < 395), on_progress=on_progress.append)
    assert choice.trials <= 128 and choice.abs_rel_error == 0 and len(choice.kept) >= 395
    assert any("too many to measure one by one" in line for line in on_progress)


def test_a_smaller_drop_keeps_more() -> None:
    costs = {name: 0.001 * (1 + at) for at, name in enumerate(LAYERS)}
    kept = [len(search(EQUAL, drops(costs), max_abs_rel_error=most).kept) for most in (0.5, 0.1, 0.01, 0.002)]
    assert kept == sorted(kept) and kept[0] < kept[-1] < len(LAYERS)


def test_of_two_layers_that_cost_the_same_the_one_with_less_work_is_kept() -> None:
    costs = {"encoder.blocks.2.fc1": 0.011, "encoder.blocks.7.proj": 0.01}
    work = EQUAL | {"encoder.blocks.2.fc1": 50.0}
    assert search(EQUAL, drops(costs), max_abs_rel_error=0.015).kept == ("encoder.blocks.2.fc1",)
    assert search(work, drops(costs), max_abs_rel_error=0.015).kept == ("encoder.blocks.7.proj",)


def test_layers_whose_work_is_not_known_are_ranked_too() -> None:
    bad = "encoder.blocks.3.fc1"
    assert search(dict.fromkeys(LAYERS, 0.0), drops({bad: 0.1})).kept == (bad,)


def test_a_heavy_layer_that_others_make_needless_is_quantised_in_the_end() -> None:
    """Alone it costs more than any; beside the other, which must be kept anyway, next to nothing."""
    heavy, other = "encoder.blocks.2.fc1", "encoder.blocks.7.proj"
    work = EQUAL | {heavy: 20.0}

    def drop_of(kept: frozenset[str]) -> float:
        return {(True, True): 0.0, (False, True): 0.009, (True, False): 0.02, (False, False): 0.5}[
            heavy in kept, other in kept
        ]

    quick = lambda kept: (heavy not in kept) * 0.9 + (other not in kept) * 0.02  # noqa: E731
    choice = search(work, drop_of, rank_by=quick)
    assert choice.kept == (other,) and choice.abs_rel_error == 0.009 == drop_of(frozenset(choice.kept))


def test_blocks_that_are_not_divided_are_not_looked_at_again() -> None:
    loose = [f"conv_{number}" for number in range(20)]
    asked, drop_of = counted(lambda kept: 0.02 * (18 - len(kept & set(loose[:18]))))
    choice = search(dict.fromkeys(loose, 1.0), drop_of)
    assert choice.kept == tuple(loose[:18]) and len(asked) == choice.trials <= 2 + 20 + 5 + LAST_TRIALS


def test_ranking_may_look_at_fewer_images_than_the_verdict() -> None:
    costs = {"encoder.blocks.5.proj": 0.1}
    (quickly, quick), (fully, full) = counted(drops(costs)), counted(drops(costs))
    choice = search(EQUAL, full, rank_by=quick)
    assert choice.kept == ("encoder.blocks.5.proj",)
    assert choice.abs_rel_error == full(frozenset(choice.kept)) and len(fully) < len(quickly)


def test_a_target_that_no_choice_meets_is_refused() -> None:
    with pytest.raises(HondoError, match=r"even with no layer in int8 the abs_rel error is 5\.00%"):
        search(EQUAL, lambda kept: 0.05)


def test_progress_is_told() -> None:
    lines: list[str] = []
    search(EQUAL, drops({LAYERS[4]: 0.1}), on_progress=lines.append)
    assert any("encoder.blocks.1 in int8 adds 10.0" in line for line in lines)


def test_blocks_are_the_longest_beginnings_that_are_not_too_many() -> None:
    assert list(blocks_of(LAYERS)) == [f"encoder.blocks.{number}" for number in range(10)]
    assert list(blocks_of(LAYERS, most=5)) == [f"{name} ..." for name in LAYERS[::8]]
    assert list(blocks_of(LAYERS, most=99)) == list(LAYERS)
    loose = [f"conv_{number}" for number in range(100)]
    blocks = blocks_of(loose)
    assert len(blocks) <= 24 and [name for block in blocks.values() for name in block] == loose
