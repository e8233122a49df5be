"""Several layout heads as one, and the error that they learn from."""

import math

import torch

from benchmarks.small_layout import merged, remaining_error
from hondo.models.families.small import Layout


def fitted(seed: int) -> Layout:
    """A head with weights and statistics of its own."""
    torch.manual_seed(seed)
    head = Layout((4, 6, 5), width=8 + 8 * seed)
    torch.nn.init.normal_(head.out.weight)
    head.train()
    for _ in range(20):
        head.norm(seed + (1 + seed) * torch.randn(8, 15, 4, 4))
    return head.eval()


def test_a_merged_head_is_the_weighted_mean() -> None:
    first, second = fitted(0), fitted(1)
    maps = [torch.randn(2, 4, 8, 12), torch.randn(2, 6, 4, 6), torch.randn(2, 5, 2, 3)]
    with torch.no_grad():
        mean = 0.7 * first(maps) + 0.3 * second(maps)
        torch.testing.assert_close(merged(first, second, share=0.3)(maps), mean, rtol=1e-4, atol=1e-5)


def test_the_error_is_relative_and_free_of_a_factor() -> None:
    """A tenth of the pixels 50 % too far away; twice the depth everywhere changes nothing, nor gets a gradient."""
    head = fitted(0)
    torch.nn.init.zeros_(head.out.weight)
    truth = torch.zeros(1, 1, 4, 10)
    stored = {"truth": truth, "nano": truth.clone(), "features": torch.randn(1, 15, 4, 10)}
    stored["nano"][..., :1] = -math.log(1.5)
    torch.testing.assert_close(remaining_error(head, stored), torch.tensor(0.05))
    shifted = stored | {"nano": (stored["nano"] - math.log(2)).requires_grad_()}
    loss = remaining_error(head, shifted)
    torch.testing.assert_close(loss, torch.tensor(0.05))
    loss.backward()
    assert abs(float(shifted["nano"].grad.sum())) < 1e-6
