"""Twins-PCPVT and Twins-SVT."""

import pytest
import torch

from hondo.models.base.torchvision_guard import import_timm
from hondo.models.encoders.twins import TWINS, Twins, twins_pcpvt_small, twins_svt_small
from hondo.models.published.published import renamed


@pytest.mark.parametrize(
    ("build", "name", "size_hw"),
    [(twins_pcpvt_small, "twins_pcpvt_small", (64, 96)), (twins_svt_small, "twins_svt_small", (224, 224))],
)
def test_computes_what_timms_network_does(build, name: str, size_hw: tuple[int, int]) -> None:
    """SVT at a size whose grids fill whole windows: elsewhere timm lets tokens attend to the filling."""
    torch.manual_seed(0)
    theirs, ours = import_timm().create_model(name, num_classes=0).eval(), build().eval()
    ours.load_state_dict(renamed(theirs.state_dict(), TWINS, ignore=(r"norm\..+",)))
    image = torch.rand(1, 3, *size_hw)
    with torch.no_grad():
        expected = theirs.forward_intermediates(image, intermediates_only=True)
        for a, b in zip(ours(image), expected, strict=True):
            assert torch.allclose(a, b, atol=1e-4)


def test_windows_and_the_whole_grid_by_turns() -> None:
    encoder = Twins(channels=(8,) * 4, depths=(3, 1, 1, 1), heads=(1,) * 4, mlp_ratios=(1,) * 4, window=7)
    kinds = [type(block.attn).__name__ for block in encoder.stages[0].blocks]
    assert kinds == ["WindowAttention", "SpatialReductionAttention", "WindowAttention"]


def test_a_place_outside_the_window_changes_nothing_in_the_first_block() -> None:
    torch.manual_seed(0)
    encoder = Twins(channels=(8,) * 4, depths=(1,) * 4, heads=(1,) * 4, mlp_ratios=(1,) * 4, window=4).eval()
    image = torch.rand(1, 3, 32, 32)  # 8 x 8 places: four windows
    changed = image.clone()
    changed[..., -4:, -4:] += 1  # the last place
    with torch.no_grad():
        difference = (encoder(image)[0] - encoder(changed)[0]).abs().amax(1)[0]
    assert difference[4:, 4:].max() > 1e-5
    assert difference[:3, :3].max() == 0  # beyond the window and the 3 x 3 of the places' convolution
