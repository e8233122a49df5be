import torch

from hondo.losses.l1 import l1_loss, log_l1_loss

GT = torch.tensor([1.0, 2.0]).view(1, 1, 1, 2)
ALL = torch.ones(1, 1, 1, 2, dtype=torch.bool)


def test_exact_values():
    torch.testing.assert_close(l1_loss(GT + 0.5, GT, is_valid=ALL), torch.tensor(0.5))
    torch.testing.assert_close(log_l1_loss(2 * GT, GT, is_valid=ALL), torch.tensor(2.0).log())
