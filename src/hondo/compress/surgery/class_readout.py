"""Another use of the class token in the maps that the decoder reads."""

from hondo.compress.compressor import Compressor
from hondo.compress.kept import Compressed
from hondo.compress.surgery.rebuilt import is_dpt_on_vit, rebuilt, vit_of
from hondo.core.errors import HondoError, unknown
from hondo.models.base.depth_model import DepthModel
from hondo.models.encoders.vit import READOUTS


def change_readout(model: DepthModel, readout: str) -> Compressed:
    """``readout``: "ignore" and "add" have no weights; the layers of "project" start fresh where there were none."""
    if readout not in READOUTS:
        raise unknown("readout", readout, READOUTS)
    if readout != "ignore" and vit_of(model).cls_token is None:
        raise HondoError(f"readout '{readout}' uses the class token, and this model has none; choose ignore")
    return rebuilt(model, {"readout": readout})


READOUT = Compressor(
    summary="the class token is projected with the tokens, added to them, or left out (project, add, ignore)",
    example="readout=ignore",
    apply=lambda model, step: change_readout(model, step.value),
    applies=lambda model: is_dpt_on_vit(model) and vit_of(model).cls_token is not None,
)
