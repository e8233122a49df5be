"""Inputs to check an exported network on, synthetic or from real images, and torch's maps of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32

from hondo.core.errors import HondoError
from hondo.core.sample import Sample, Samples
from hondo.core.types import InputSpec
from hondo.engines.quantization.calibration import evenly
from hondo.engines.tracing.graph_inputs import driving
from hondo.evaluate.accuracy.evaluation import image_of
from hondo.evaluate.parity.ground_truth_delta import GroundTruthDelta, score_both
from hondo.images.placement import PreparedImage, prepare_image
from hondo.models.base.depth_model import DepthModel

MOST = 16  # real images that are compared, evenly spaced over those given


@dataclass(frozen=True, kw_only=True)
class CheckSet:
    """Network inputs and what torch makes of them in float32; of real images also how they were prepared."""

    model: DepthModel
    inputs: Sequence[Float32[np.ndarray, "b 3 H W"]]
    wanted: Sequence[Float32[np.ndarray, "b c h w"]]
    samples: Sequence[Sample] = ()
    prepared: Sequence[PreparedImage] = ()

    @property
    def is_real(self) -> bool:
        """Whether the inputs are real images, not synthetic ones."""
        return bool(self.samples)

    def truth(self, given: Sequence[Float32[np.ndarray, "1 c h w"]]) -> GroundTruthDelta | None:
        """The ground-truth metrics of ``given`` maps and of torch's; None where no ground truth is known."""
        at_image = [
            (prepared.at_image(wanted[0, 0]), prepared.at_image(each[0, 0]))
            for wanted, each, prepared in zip(self.wanted, given, self.prepared, strict=True)
        ]
        return score_both(self.samples, at_image, kind=self.model.kind)


def check_inputs(model: DepthModel, inputs: Iterable[Float32[np.ndarray, "b 3 H W"]]) -> CheckSet:
    """Of network inputs as they are."""
    inputs = list(inputs)
    return CheckSet(model=model, inputs=inputs, wanted=[_torch_map(model, image) for image in inputs])


def check_samples(model: DepthModel, samples: Samples, *, spec: InputSpec, most: int = MOST) -> CheckSet:
    """Of images, prepared for an export that takes ``spec``; at most ``most``, evenly spread."""
    if not len(samples):
        raise HondoError("no image is left to check the export on")
    chosen = [samples[index] for index in evenly(len(samples), count=most)]
    prepared = [prepare_image(image_of(sample), spec) for sample in chosen]
    inputs = [each.network_input for each in prepared]
    wanted = [_torch_map(model, image) for image in inputs]
    return CheckSet(model=model, inputs=inputs, wanted=wanted, samples=chosen, prepared=prepared)


def _torch_map(model: DepthModel, image: Float[np.ndarray, "b 3 H W"]) -> Float[np.ndarray, "b 1 h w"]:
    device = next(model.parameters()).device
    feed = driving(image, num_previous=model.num_previous)
    with torch.inference_mode():
        return model(*(torch.from_numpy(each).to(device) for each in feed))[0][:, :1].float().cpu().numpy()
