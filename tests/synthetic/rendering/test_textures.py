"""The texture atlas: seeded, periodic, with mip levels that keep the mean."""

import pytest
import torch

from hondo.synthetic.rendering.patterns import FAMILIES, SIZE
from hondo.synthetic.rendering.textures import LEVELS, make_atlas


def test_atlas_is_a_function_of_its_seed() -> None:
    a, again = make_atlas(3, copies=1), make_atlas.__wrapped__(3, copies=1)
    assert torch.equal(a.texels, again.texels)
    assert not torch.equal(a.texels, make_atlas.__wrapped__(4, copies=1).texels)
    assert len(a.texels) == a.stride * len(FAMILIES)


@pytest.mark.parametrize("level", range(LEVELS))
def test_sample_reads_texels_of_the_level_of_its_footprint(level: int) -> None:
    atlas, side, texture = make_atlas(3, copies=1), SIZE >> level, 5
    start = texture * atlas.stride + sum((SIZE >> above) ** 2 for above in range(level))
    stored = atlas.texels[start : start + side * side, :3].float().view(side, side, 3) / 255
    row, column = side // 2, side // 3
    uv = torch.tensor([[(column + 0.5) / side], [(row + 0.5) / side]])
    one = atlas.sample(torch.tensor([texture]), uv, torch.tensor([2.0**level / SIZE]))
    torch.testing.assert_close(one[:, 0], stored[row, column], atol=1e-5, rtol=0)
    shifted = atlas.sample(
        torch.tensor([texture]), uv + torch.tensor([[3.0], [-2.0]]), torch.tensor([2.0**level / SIZE])
    )
    torch.testing.assert_close(one, shifted, atol=1e-3, rtol=0)


def test_covers_follows_the_holes() -> None:
    atlas = make_atlas(3, copies=1)
    texture = atlas.families["fence"][0]
    alpha = atlas.texels[texture * atlas.stride :][: SIZE * SIZE, 3].view(SIZE, SIZE)
    y, x = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    uv = torch.stack((x.flatten() + 0.5, y.flatten() + 0.5)) / SIZE
    solid = atlas.covers(torch.full((SIZE * SIZE,), texture), uv)
    assert torch.equal(solid.view(SIZE, SIZE), alpha > 127)
    assert 0.05 < solid.float().mean() < 0.95
