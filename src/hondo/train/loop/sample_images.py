"""Sample images of a run: input images above the model's depth."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from hondo.core.sample import Samples
from hondo.core.types import DepthMap
from hondo.data.loading.bad_samples import readable_ones
from hondo.images.colour import colourise
from hondo.images.draw import contact_sheet
from hondo.images.pixels import tensor_to_rgb8
from hondo.images.read import write_image

NUM_IMAGES = 4


def image_writer(samples: Samples) -> Callable[[nn.Module, Path], Path]:
    """A function that writes a sheet of a few images, spread over the data, above the model's depth of each."""
    places = np.unique(np.linspace(0, len(samples) - 1, NUM_IMAGES).round().astype(int)).tolist()
    images = [sample.image for sample in readable_ones(samples, places)]

    def write(model: nn.Module, path: Path) -> Path:
        depths = [_coloured(model, image) for image in images]
        return write_image(
            path, contact_sheet([tensor_to_rgb8(image) for image in images] + depths, columns=len(images))
        )

    return write


@torch.no_grad()
def _coloured(model: nn.Module, image: Float[Tensor, "3 h w"]) -> UInt8[np.ndarray, "h w 3"]:
    device = next(model.parameters()).device
    finest = model(image[None].to(device))[0]
    return colourise(DepthMap(values=finest[0, 0].float().cpu().numpy(), kind=model.kind))  # type: ignore[arg-type]
