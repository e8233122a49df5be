"""Features of a coarser size than the image."""

import torch

from hondo.losses.views.feature_metric import feature_metric_loss


def test_features_of_a_quarter_of_the_size_shift_by_a_quarter():
    K = torch.tensor([[[32.0, 0, 32], [0, 32, 16], [0, 0, 1]]])
    generator = torch.Generator().manual_seed(0)
    wide = torch.rand(1, 6, 8, 18, generator=generator)
    T = torch.eye(4)[None, None].clone()
    T[..., 0, 3] = -0.5  # 8 pixels at depth 2: 2 of the features
    given = {"is_scene": torch.ones(1, 1, 32, 64, dtype=torch.bool), "T_source_target": T, "K": K}
    given |= {"source_K": K[:, None], "features": wide[..., :16], "features_source": wide[:, None, ..., 2:]}
    at = {depth: feature_metric_loss(torch.full((1, 1, 32, 64), depth), **given) for depth in (1.5, 2.0, 3.0)}
    assert at[2.0] < 1e-5 and min(at[1.5], at[3.0]) > 0.02
