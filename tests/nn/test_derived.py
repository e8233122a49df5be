"""What is derived from a weight is kept while the weight stays, and never longer."""

import copy

import torch
from torch import Tensor, nn

from hondo.nn.derived import Derived


class Doubled(nn.Module):
    """Counts how often its weight is doubled."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))
        self.derived = Derived()
        self.count = 0

    def forward(self) -> Tensor:
        return self.derived("twice", self.weight, self.make)

    def make(self, weight: Tensor) -> Tensor:
        self.count += 1
        return 2 * weight


def test_is_computed_once_where_no_gradient_is_wanted() -> None:
    module = Doubled().eval()
    with torch.no_grad():
        assert module() is module() and module.count == 1
    with torch.inference_mode():  # what inference mode made may not meet a gradient later
        assert module() is module() and module.count == 2
    module().sum().backward()
    assert module.count == 3 and module.weight.grad is not None


@torch.no_grad()
def test_follows_every_change_of_the_weight() -> None:
    module = Doubled().eval()
    module()
    module.weight.mul_(3)
    assert module().tolist() == [6, 6]
    module.load_state_dict({"weight": torch.zeros(2)})
    assert module().tolist() == [0, 0]
    module.load_state_dict({"weight": torch.ones(2)}, assign=True)
    assert module().tolist() == [2, 2]
    module.double()
    assert module().dtype == torch.float64
    module.train()
    module.weight.data.fill_(5)  # what no version counts
    module.eval()
    assert module().tolist() == [10, 10]


@torch.no_grad()
def test_keeps_only_a_few_and_copies_none() -> None:
    module = Doubled().eval()
    for key in range(20):
        module.derived(key, module.weight, module.make)
    assert len(module.derived._kept) == 8
    assert not copy.deepcopy(module).derived._kept
