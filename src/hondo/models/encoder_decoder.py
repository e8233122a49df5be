"""Two halves of a network: pictures to feature maps, feature maps to depth."""

from jaxtyping import Float
from torch import Tensor, nn

from hondo.models.encoders.encoder import Encoder


class EncoderDecoder(nn.Module):
    """decoder(encoder(image)); training gives the halves learning rates of their own."""

    def __init__(self, encoder: Encoder, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def forward(self, image: Float[Tensor, "b c h w"]) -> list[Float[Tensor, "b 1 _ _"]]:
        return self.decoder(self.encoder(image))
