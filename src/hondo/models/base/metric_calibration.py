"""How a model got its metres: the factor of its maps, how sure it is, and the camera that it was measured with."""

import math
from dataclasses import dataclass

from hondo.core.check_config import NOT_NEGATIVE, POSITIVE, check_config
from hondo.core.errors import warn
from hondo.core.types import Camera

SAME_FOCAL = 0.02  # relative difference of two focal lengths that counts as none


@dataclass(frozen=True, kw_only=True)
class MetricCalibration:
    """``factor`` times the network's maps are metres, or 1/metres, with the 95 % interval ``low`` to ``high``.

    The same image means twice the depth at twice the focal length, so metres follow ``focal``: that of the camera over
    the square root of its image's area, which does not change with the image's size. None: not known.
    """

    factor: float
    low: float | None = None
    high: float | None = None
    spread: float | None = None  # median relative deviation of single images
    images: int = 1
    how: str = ""
    focal: float | None = None

    def __post_init__(self) -> None:
        limits = {"factor": POSITIVE, "low": POSITIVE, "high": POSITIVE, "spread": NOT_NEGATIVE, "focal": POSITIVE}
        check_config(self, name="metres", limits=limits | {"images": NOT_NEGATIVE})

    def for_camera(self, camera: Camera | None, *, model: str) -> float:
        """By what depth in metres is multiplied for another camera; warns where it differs or is not known."""
        if self.focal is None:
            return 1.0
        if camera is None:
            warn(f"{model} has metres for the camera it was scaled with; give camera=FILE where yours is another one")
            return 1.0
        ratio = relative_focal(camera) / self.focal
        if abs(ratio - 1) <= SAME_FOCAL:
            return 1.0
        warn(
            f"the camera's focal length is {ratio:.3g} times that of the camera {model} was scaled with: metres are "
            "multiplied by it; scale the model with this camera to be sure"
        )
        return ratio


def relative_focal(camera: Camera) -> float:
    """fx over the square root of the image's area."""
    return camera.fx / math.sqrt(camera.size_hw[0] * camera.size_hw[1])
