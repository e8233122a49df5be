"""Maps as tokens and back."""

import torch

from hondo.nn.tokens import map_from_tokens, tokens_from_map


def test_there_and_back_without_a_copy() -> None:
    for count in (1, 3):
        tokens = torch.randn(count, 12, 5)
        x = map_from_tokens(tokens, (3, 4))
        assert x.shape == (count, 5, 3, 4) and torch.equal(x[:, :, 1, 2], tokens[:, 6])
        assert x.data_ptr() == tokens.data_ptr() and x.stride() == (60, 1, 20, 5)
        again = tokens_from_map(x)
        assert torch.equal(again, tokens) and again.data_ptr() == tokens.data_ptr()
