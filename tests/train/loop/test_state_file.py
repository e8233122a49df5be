import math
import random

import numpy as np
import pytest
import torch
from safetensors.torch import save

from hondo.train.loop.state_file import from_bytes, to_bytes


def test_optimiser_state_survives_to_the_bit():
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model(torch.randn(4, 3)).sum().backward()
    optimizer.step()
    state = optimizer.state_dict()
    found = from_bytes(to_bytes(state), name="x")
    assert found["param_groups"] == state["param_groups"]
    for key, values in state["state"].items():
        assert all(torch.equal(values[name], found["state"][key][name]) for name in values)


def test_every_kind_of_value():
    shared = torch.arange(4.0)
    tree = {1: (None, True, 2, 0.1, "x"), "views": [shared, shared[1:3], shared.view(2, 2).mT], "inf": [math.inf]}
    found = from_bytes(to_bytes(tree), name="x")
    assert found[1] == tree[1] and found["inf"] == [math.inf]
    assert all(map(torch.equal, found["views"], tree["views"]))


def test_python_and_numpy_generators():
    tree = {"python": random.getstate(), "numpy": np.random.get_state()[1].astype(np.int64)}
    found = from_bytes(to_bytes(tree), name="x")
    assert found["python"] == tree["python"] and np.array_equal(found["numpy"], tree["numpy"])


def test_refuses_what_is_no_state():
    with pytest.raises(TypeError, match="Linear"):
        to_bytes({"model": torch.nn.Linear(1, 1)})
    whole = to_bytes({"a": torch.zeros(8)})
    for broken in (b"", b"pickle", whole[:-3], whole[:10]):
        with pytest.raises(ValueError, match=r"last\.state is not a training state of hondo, or is damaged"):
            from_bytes(broken, name="last.state")


def test_every_damaged_byte_is_found():
    whole = to_bytes({"w": torch.zeros(40), "step": 3, "rng": [1, 2.5, "x", None]})
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        with pytest.raises(ValueError, match=r"last\.state is not a training state of hondo, or is damaged"):
            from_bytes(bytes(damaged), name="last.state")


def test_states_of_an_earlier_hondo_have_no_hash():
    content = save({"0": torch.ones(2)}, metadata={"tree": '{"dict": [[{"value": "w"}, {"tensor": "0"}]]}'})
    assert torch.equal(from_bytes(content, name="last.state")["w"], torch.ones(2))


@pytest.mark.parametrize("tree", ["null", "[]", "[" * 100_000, '{"dict": 3}', '{"tensor": "9"}', '{"list": [1]}', "{}"])
def test_trees_that_are_none(tree):
    content = save({"0": torch.ones(2)}, metadata={"tree": tree})
    with pytest.raises(ValueError, match=r"last\.state is not a training state of hondo, or is damaged"):
        from_bytes(content, name="last.state")
