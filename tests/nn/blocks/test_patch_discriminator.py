"""Scores of patches: their number, their field, and that image and map both count."""

import torch

from hondo.nn.blocks.patch_discriminator import PatchDiscriminator


def test_one_score_a_patch_of_eight_pixels() -> None:
    scores = PatchDiscriminator(width=8)(torch.rand(2, 3, 48, 64), torch.rand(2, 1, 48, 64))
    assert scores.shape == (2, 1, 6, 8)


def test_the_field_of_a_score() -> None:
    """Through the convolutions alone: group norms look at the whole map."""
    torch.manual_seed(0)
    judge = PatchDiscriminator(width=8)
    for place, layer in enumerate(judge.layers):
        if isinstance(layer, torch.nn.GroupNorm):
            judge.layers[place] = torch.nn.Identity()
    image, values = torch.rand(1, 3, 96, 96), torch.rand(1, 1, 96, 96)
    image.requires_grad_(), values.requires_grad_()
    judge(image, values)[0, 0, 6, 6].backward()
    for gradient in (image.grad[0, 0], values.grad[0, 0]):
        rows = gradient.abs().sum(1).nonzero().flatten()
        assert rows.max() - rows.min() + 1 == 38
