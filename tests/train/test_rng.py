import random

import numpy as np
import torch

from hondo.train.rng import rng_state, seed_everything, set_rng_state
from hondo.train.tree import from_bytes, to_bytes


def draw():
    return random.random(), np.random.rand(), np.random.randn(), torch.rand(()).item()


def test_the_state_survives_a_file_and_the_seed_decides():
    before = rng_state()
    try:
        seed_everything(7)
        first = draw()
        state = to_bytes(rng_state())
        expected = draw()
        draw()
        set_rng_state(from_bytes(state, name="x"))
        assert draw() == expected
        seed_everything(7)
        assert draw() == first
    finally:
        set_rng_state(before)
