"""DPT's decoder: pyramids out of equal maps, fusion, and an output of the image's size."""

import pytest
import torch
from torch.nn import functional as F

from hondo.models.decoders.dpt_decoder import DPTDecoder, Fusion, Reassemble, resized, scales


def test_equal_strides_are_spread_around_the_third() -> None:
    assert scales((14, 14, 14, 14)) == scales((16, 16, 16, 16)) == [4, 2, 1, 0.5]
    assert scales((4, 8, 16, 16)) == [1, 1, 1, 0.5]
    assert scales((4, 8, 16, 32)) == [1, 1, 1, 1]


@pytest.mark.parametrize(("scale", "size"), [(4.0, (12, 20)), (2.0, (6, 10)), (1.0, (3, 5)), (0.5, (2, 3))])
def test_reassembling_resizes(scale: float, size: tuple[int, int]) -> None:
    assert Reassemble(6, 4, scale=scale)(torch.randn(2, 6, 3, 5)).shape == (2, 4, *size)


def test_projecting_before_resizing_is_projecting_after() -> None:
    torch.manual_seed(0)
    fusion, finer, coarser = Fusion(8, has_coarser=True), torch.randn(1, 8, 5, 7), torch.randn(1, 8, 5, 7)
    with torch.no_grad():
        after = fusion.project(resized(fusion.after(coarser + fusion.before(finer)), (9, 14)))
        assert torch.allclose(fusion(finer, coarser, (9, 14)), after, atol=1e-5)


@pytest.mark.parametrize("grid", [(3, 5), (4, 2)])
def test_the_output_has_the_images_size_and_everybody_learns(grid: tuple[int, int]) -> None:
    torch.manual_seed(0)
    decoder = DPTDecoder(channels=(6,) * 4, strides=(14,) * 4, widths=(4, 5, 6, 7), features=8, output=F.softplus)
    (out,) = decoder([torch.randn(2, 6, *grid) for _ in range(4)])
    assert out.shape == (2, 1, 14 * grid[0], 14 * grid[1])
    out.sum().backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in decoder.parameters())


def test_maps_of_a_cnn_are_taken_as_they_are() -> None:
    decoder = DPTDecoder(channels=(3, 4, 5, 6), strides=(4, 8, 16, 32), widths=(None,) * 4, features=8, output=F.relu)
    maps = [torch.randn(1, channels, 16 // 2**level, 8 // 2**level) for level, channels in enumerate((3, 4, 5, 6))]
    assert decoder(maps)[0].shape == (1, 1, 64, 32)
    assert not list(decoder.reassemble.parameters())
