import torch

from hondo.losses.berhu import berhu_loss

ALL = torch.ones(1, 1, 1, 4, dtype=torch.bool)


def test_exact_value():
    gt = torch.ones(1, 1, 1, 4)
    pred = gt + torch.tensor([0.1, -0.2, 0.5, 1.0]).view(1, 1, 1, 4)  # c = 0.2
    expected = (0.1 + 0.2 + (0.25 + 0.04) / 0.4 + (1 + 0.04) / 0.4) / 4
    torch.testing.assert_close(berhu_loss(pred, gt, is_valid=ALL), torch.tensor(expected))
