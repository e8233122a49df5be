"""The adversarial part of an objective: a discriminator that learns beside the depth model, in the same step."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.func import functional_call

from hondo.losses.adversarial import adversarial_loss, discriminator_loss, judged_map, known_patches
from hondo.nn.blocks.patch_discriminator import PatchDiscriminator


class Adversary(nn.Module):
    """Two losses whose gradients do not meet: the depth model's, and the discriminator's own.

    The discriminator sees the image beside log inverse depth without its scale; both maps have the gaps of the truth.
    """

    def __init__(self) -> None:
        super().__init__()
        self.judge = PatchDiscriminator()

    def forward(
        self,
        image: Float[Tensor, "b 3 h w"],
        inv_depth: Float[Tensor, "b 1 h w"],
        inv_depth_gt: Float[Tensor, "b 1 h w"],
        is_valid: Bool[Tensor, "b 1 h w"],
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """The loss of the depth model, and that of the discriminator."""
        pred, true = judged_map(inv_depth, is_valid), judged_map(inv_depth_gt, is_valid)
        fixed = {name: weight.detach() for name, weight in self.judge.named_parameters()}
        scores = functional_call(self.judge, fixed, (image, pred))
        is_known = known_patches(is_valid, scores)
        both = self.judge(torch.cat([image, image]), torch.cat([true, pred.detach()]))
        of_true, of_pred = both.chunk(2)
        return adversarial_loss(scores, is_known), discriminator_loss(of_true, of_pred, is_known)
