"""The speed of a tiny network, built once for two sizes."""

from dataclasses import replace

from hondo.recipes.search import trial_speed
from hondo.recipes.search.search_space import SpeedConfig
from hondo.recipes.search.trial_speed import LastModel, measure_speed
from hondo.recipes.tiny_recipes import dpt_kitti_tiny

SPEED = SpeedConfig(runs=2)


def test_numbers_of_a_network() -> None:
    found = measure_speed(dpt_kitti_tiny(), SPEED)
    assert found["runs"] == 2 and found["fps"] == 1000 / found["latency_ms"]
    assert found["latency_min_ms"] <= found["latency_ms"] and found["fps_by_cpu"] > 0
    assert found["size_mb"] == 4 * found["parameters_m"]
    larger = measure_speed(dpt_kitti_tiny(), replace(SPEED, size_hw=(96, 192)))
    assert larger["gmacs"] > 2.5 * found["gmacs"] and larger["parameters_m"] == found["parameters_m"]


def test_the_next_size_takes_the_same_network(monkeypatch) -> None:
    last, recipe = LastModel(), dpt_kitti_tiny()
    other = replace(recipe, model=replace(recipe.model, options=recipe.model.options | {"size_hw": (32, 32)}))
    wider = replace(recipe, model=replace(recipe.model, options=recipe.model.options | {"features": 16}))
    built = []
    monkeypatch.setattr(trial_speed, "build_depth_model", lambda recipe: built.append(recipe) or object_with_spec())
    first = last.built(recipe)
    assert last.built(other) is first and len(built) == 1
    assert last.built(wider) is not first and len(built) == 2
    assert built[0].model.weights == "random" and built[0].model.start is None


def object_with_spec():
    from hondo.recipes.build_parts import build_depth_model

    return build_depth_model(dpt_kitti_tiny())
