"""BinnedModel: a DepthModel that can also tell between which depths it chose."""

from jaxtyping import Float
from torch import Tensor

from hondo.models.decoders.adaptive_bins import AdaptiveBins
from hondo.models.depth import DepthModel, cropped
from hondo.models.encoder_decoder import EncoderDecoder


class BinnedModel(DepthModel):
    """``network`` is an encoder under AdaptiveBins."""

    def with_bins(
        self, image: Float[Tensor, "b 3 h w"]
    ) -> tuple[list[Float[Tensor, "b 1 _ _"]], Float[Tensor, "b bins"]]:
        """What the call gives, and the centres of the bins [m], for a loss that compares them with true depths."""
        network = self.network
        assert isinstance(network, EncoderDecoder) and isinstance(network.decoder, AdaptiveBins)
        padded = self.prepared(image)
        depth, centres = network.decoder.with_bins(network.encoder(padded))
        return cropped([depth], image=image, padded=padded), centres
