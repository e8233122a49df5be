"""Flow of a shifted texture, at the size of the images."""

import pytest
import torch

from hondo.train.objectives.views.measured_flow import measured_flow


@pytest.mark.parametrize("size_hw", [(64, 96), (24, 40)])
def test_finds_a_shift_in_pixels_of_the_image(size_hw):
    height, width = size_hw
    generator = torch.Generator().manual_seed(0)
    texture = torch.nn.functional.interpolate(
        torch.rand(2, 3, height // 4, width // 4 + 4, generator=generator), scale_factor=4, mode="bicubic"
    ).clamp(0, 1)
    image, source = texture[..., 8 : 8 + width], texture[..., 6 : 6 + width]  # everything lies 2 pixels farther right
    flow, is_matched = measured_flow(image, source[:, None])
    assert flow.shape == (2, 1, 2, height, width) and is_matched.float().mean() > 0.7
    found = flow.permute(0, 1, 3, 4, 2)[is_matched[:, :, 0]].median(0).values
    torch.testing.assert_close(found, torch.tensor([2.0, 0.0]), atol=0.2, rtol=0)
