"""A network whose layers were changed is built again from what differs."""

import json

import pytest
import torch
from torch import nn

from hondo.core.errors import HondoError
from hondo.models.base.structure import restructure, structure_of
from hondo.nn.factored_layers import LowRank, Skip


def network() -> nn.Sequential:
    layers = [nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Sequential(nn.Conv2d(8, 8, 1), nn.ReLU()), nn.Linear(8, 6)]
    return nn.Sequential(*layers)


def test_it_is_built_again() -> None:
    changed = network()
    changed[0] = nn.Conv2d(3, 5, 3)
    changed[1] = nn.BatchNorm2d(5)
    changed[2] = Skip()
    changed[3] = LowRank(nn.Linear(5, 6), rank=2)
    structure = json.loads(json.dumps(structure_of(changed, network())))
    assert structure["0"] == {"out_channels": 5, "shapes": {"weight": [5, 3, 3, 3], "bias": [5]}}
    assert structure["2"] == {"skipped": True} and structure["3"] == {"in_features": 5, "rank": 2}
    again = network()
    restructure(again, structure)
    assert repr(again) == repr(changed)
    shapes = {key: each.shape for key, each in changed.state_dict().items()}
    assert shapes == {key: each.shape for key, each in again.state_dict().items()}


@pytest.mark.parametrize(
    ("structure", "message"),
    [
        ({"9": {}}, "names '9', which the model does not have"),
        ({"0": {"out_channels": 9}}, "0 has out_channels = 9 in place of 8"),
        ({"0": {"forward": 1}}, "forward = 1 in place of None"),
        ({"0": {"training": 1}}, "training"),
        ({"0": {"shapes": {"weight": [9, 3, 3, 3]}}}, r"weight \[9, 3, 3, 3\] in place of"),
        ({"3": {"rank": 7}}, "rank 7"),
        ({"1": {"rank": 1}}, "rank 1"),
    ],
)
def test_a_structure_that_does_not_fit_is_refused(structure: dict, message: str) -> None:
    with pytest.raises(HondoError, match=message):
        restructure(network(), structure)


def test_the_leading_weights_stay() -> None:
    made = network()
    before = made[0].weight.detach().clone()
    restructure(made, {"0": {"out_channels": 2, "shapes": {"weight": [2, 3, 3, 3], "bias": [2]}}})
    assert torch.equal(made[0].weight, before[:2])
