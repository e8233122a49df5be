"""Figures of a study hold what they are given."""

import pytest

from hondo.evaluate.figures.draw_study import (
    Measured,
    draw_by_configuration,
    draw_by_factor,
    draw_pareto,
    draw_ratios,
    merged,
)
from hondo.images.read import read_image

POINTS = [
    Measured(factors={"encoder": e, "heads": h}, numbers={"fps": f, "abs_rel": a})
    for e, h, f, a in (("R", "1", 10, 0.2), ("R", "12", 8, 0.18), ("E", "1", 14, 0.25), ("E", "12", 6, 0.3))
]


def ink(path) -> float:
    """The share of pixels that are not white."""
    return float((read_image(path) < 250).any(axis=-1).mean())


def test_by_factor(tmp_path) -> None:
    path = draw_by_factor(POINTS, "fps", tmp_path, label="FPS")
    text = path.with_suffix(".svg").read_text()
    assert path.name == "fps_by_factor.png" and ink(path) > 0.02
    assert all(f"<!-- {word} -->" in text for word in ("encoder", "heads", "FPS", "R", "12"))


def test_by_configuration(tmp_path) -> None:
    path = draw_by_configuration(POINTS, {"abs_rel": "error"}, tmp_path, name="accuracy", group_by="encoder")
    text = path.with_suffix(".svg").read_text()
    assert "<!-- R, 12 -->" in text and text.index("<!-- R, 12 -->") < text.index("<!-- E, 12 -->")


def test_ratios(tmp_path) -> None:
    text = (
        draw_ratios([("heads", "12 → 1", 1.25)], tmp_path, label="speed-up", name="effects")
        .with_suffix(".svg")
        .read_text()
    )
    assert "<!-- heads: 12 → 1 -->" in text and "<!-- ×1.25 -->" in text


@pytest.mark.parametrize("front", [[True, True, True, False], [False, True, False, False]])
def test_pareto_names_the_front(tmp_path, front) -> None:
    path = draw_pareto(POINTS, front, tmp_path, x="fps", y="abs_rel", labels=("FPS", "error"))
    text = path.with_suffix(".svg").read_text()
    assert ("<!-- R, 1 -->" in text) is front[0] and "<!-- E, 12 -->" not in text and ink(path) > 0.1


def test_a_labelled_point_is_named_though_others_are_better(tmp_path) -> None:
    points = [*POINTS[:3], Measured(factors=POINTS[3].factors, numbers=POINTS[3].numbers, label="ours")]
    path = draw_pareto(points, [True, True, True, False], tmp_path, x="fps", y="abs_rel", labels=("FPS", "error"))
    assert "<!-- ours -->" in path.with_suffix(".svg").read_text()


def test_configurations_of_the_same_cost_are_one() -> None:
    points = [Measured(factors=p.factors, numbers={"gmacs": 5.0 + (p.factors["encoder"] == "E")}) for p in POINTS]
    assert [point.name for point in merged(points, ["gmacs"])] == ["R", "E"]
