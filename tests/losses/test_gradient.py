import torch

from hondo.losses.gradient import gradient_loss, is_dense


def test_zero_for_a_constant_and_exact_for_a_ramp():
    is_valid = torch.ones(1, 1, 16, 16, dtype=torch.bool)
    ramp = torch.arange(16.0).expand(1, 1, 16, 16)
    assert gradient_loss(torch.full((1, 1, 16, 16), 4.0), is_valid) == 0
    assert gradient_loss(ramp, is_valid, num_scales=3) == 1 + 2 + 4


def test_pairs_with_an_invalid_pixel_do_not_count():
    residual = torch.zeros(1, 1, 1, 5)
    residual[..., 2] = torch.nan
    is_valid = residual.isfinite()
    assert gradient_loss(residual, is_valid, num_scales=1) == 0


def test_sparse_truth_does_not_count():
    """LiDAR scans: lines of points every few rows, or points here and there."""
    residual = torch.rand(3, 1, 32, 32, requires_grad=True)
    is_valid = torch.zeros(3, 1, 32, 32, dtype=torch.bool)
    is_valid[0, :, ::4] = torch.rand(1, 8, 32, generator=torch.Generator().manual_seed(0)) < 0.7  # of lines
    is_valid[1] = torch.rand(1, 32, 32, generator=torch.Generator().manual_seed(0)) < 0.3  # densified
    assert is_dense(is_valid).flatten().tolist() == [False, False, False]
    loss = gradient_loss(residual, is_valid)
    loss.backward()
    assert loss == 0 and (residual.grad == 0).all()


def test_a_map_with_holes_is_dense_and_alone_counts():
    residual = torch.rand(2, 1, 32, 32)
    is_valid = torch.zeros(2, 1, 32, 32, dtype=torch.bool)
    is_valid[0, :, 10:, :20] = True  # half of the image has no truth
    is_valid[1, :, ::5, ::5] = True
    assert is_dense(is_valid).flatten().tolist() == [True, False]
    assert gradient_loss(residual, is_valid) == gradient_loss(residual[:1], is_valid[:1])
