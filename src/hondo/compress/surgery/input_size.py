"""Another input size: the position embeddings are resampled to its grid of tokens, once and for all."""

from copy import deepcopy
from dataclasses import replace

from hondo.compress.compressor import Compressor, Step
from hondo.compress.kept import Compressed, count_kept
from hondo.compress.surgery.rebuilt import ENCODER, is_dpt_on_vit, rebuilt, vit_of
from hondo.core.types import Size
from hondo.models.base.depth_model import DepthModel
from hondo.nn.positions import resized_positions

FORM = "HEIGHTxWIDTH in pixels, e.g. size=192x640"


def resize_input(model: DepthModel, size_hw: Size) -> Compressed:
    """The model for images of ``size_hw``; at that size it gives the same maps as before.

    A vision transformer's position embeddings are stored for the new grid. Refuses sizes that are no multiple of the
    model's step, and another size than that of a network that takes only one.
    """
    spec = replace(model.input_spec, size_hw=size_hw)
    if not is_dpt_on_vit(model):
        made = deepcopy(model)
        made.set_input_spec(spec)
        return Compressed(model=made, kept=count_kept(made, before=model.state_dict(), changed=(), notes=()))
    encoder = vit_of(model)
    patch = encoder.strides[-1]
    grid_hw = (size_hw[0] // patch, size_hw[1] // patch)
    positions = resized_positions(
        encoder.pos_embed.detach(), grid_hw=encoder.grid_hw, size_hw=grid_hw, how=encoder.how_resized
    )
    converted = {} if grid_hw == tuple(encoder.grid_hw) else {f"{ENCODER}pos_embed": positions}
    return rebuilt(model, {"size_hw": spec.size_hw, "grid_hw": grid_hw}, converted=converted)


def _apply(model: DepthModel, step: Step) -> Compressed:
    sides = step.value.lower().split("x")
    if len(sides) != 2 or not all(side.isdigit() for side in sides):
        raise step.wrong(FORM)
    return resize_input(model, (int(sides[0]), int(sides[1])))


SIZE = Compressor(
    summary="another input size; position embeddings are resampled",
    example="size=192x640",
    apply=_apply,
    applies=lambda model: not model.input_spec.fixed,
)
