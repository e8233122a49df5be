"""A model built again."""

import torch

from hondo.compress.surgery.rebuilt import is_dpt, is_dpt_on_vit, rebuilt
from hondo.models.registry.build_model import build_model


def test_without_changes_it_is_the_same_model(hybrid, output) -> None:
    again = rebuilt(hybrid, {})
    assert repr(again.model) == repr(hybrid) and again.model.options == hybrid.options
    assert torch.equal(output(again.model), output(hybrid)) and again.kept.fresh == again.kept.changed == 0


def test_the_same_surgery_gives_the_same_fresh_weights(hybrid) -> None:
    one, other = (rebuilt(hybrid, {"separable": True}).model.state_dict() for _ in range(2))
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_which_models_are_dpt(hybrid, plain) -> None:
    assert is_dpt_on_vit(hybrid) and is_dpt_on_vit(plain)
    assert not is_dpt(build_model("hondo-nano", "random"))
