"""How far a quantized network's depth is from the float network's, measured on the validation images."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from hondo.core.types import DepthKind
from hondo.engines.base.predictor import Run
from hondo.engines.quantization.calibration import Calibration, evenly
from hondo.metrics.reference import abs_rel_to_reference

FEW = 8  # images that rank the layers; the result is measured on all


@dataclass(frozen=True, kw_only=True)
class Validation:
    """The validation images, and the maps (h w) that the float network gives for them."""

    images: Calibration
    expected: Sequence[Float[np.ndarray, "h w"]]
    kind: DepthKind

    @classmethod
    def of(cls, float_run: Run, calibration: Calibration, *, kind: DepthKind) -> "Validation":
        """Runs the float network once on every validation image."""
        images = calibration.validation_images
        return cls(images=images, expected=[float_run(image)[0, 0].copy() for image in images], kind=kind)

    def abs_rel_error(self, run: Run) -> float:
        """abs_rel of a network's depth to the float network's, the mean over the images."""
        pairs = zip(self.images, self.expected, strict=True)
        return float(np.mean([abs_rel_to_reference(run(image)[0, 0], each, kind=self.kind) for image, each in pairs]))

    def few(self) -> "Validation":
        """The same on ``FEW`` of the images, evenly spread."""
        chosen = evenly(len(self.images), count=FEW)
        images = replace(self.images, images=self.images.images[chosen])
        return replace(self, images=images, expected=[self.expected[index] for index in chosen])
