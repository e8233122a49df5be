"""Hooks at other blocks of the vision transformer; blocks after the last one are dropped."""

from hondo.compress.compressor import Compressor
from hondo.compress.kept import Compressed
from hondo.compress.surgery.rebuilt import is_dpt_on_vit, rebuilt, vit_of
from hondo.core.errors import HondoError
from hondo.models.base.depth_model import DepthModel
from hondo.models.encoders.dpt_encoder import checked_hooks


def move_hooks(model: DepthModel, hooks: tuple[int, ...]) -> Compressed:
    """The decoder reads the tokens after these blocks, as many as before; all weights up to the last one stay.

    Refuses hooks that do not rise, or that lie beyond the blocks that the model has.
    """
    encoder = vit_of(model)
    count, depth, cnn_maps = len(encoder.hooks), len(encoder.blocks), len(encoder.patch_embed.channels)
    if len(hooks) == count + cnn_maps and cnn_maps:
        hooks = hooks[cnn_maps:]  # the stages of the CNN come first where all four are named
    try:
        hooks = checked_hooks(hooks, depth=depth, count=count, encoder=str(model.options["encoder"]))
    except HondoError as error:
        raise HondoError(f"{error}; this model has {depth} blocks and hooks {_text(encoder.hooks)}") from error
    changes = {"hooks": hooks, "attention": attention_up_to(model, hooks[-1])}
    dropped = depth - 1 - hooks[-1]
    return rebuilt(model, changes, notes=(f"{dropped} blocks dropped",) if dropped else ())


def attention_up_to(model: DepthModel, last: int) -> str | tuple[str, ...]:
    """The model's option ``attention`` for the blocks up to ``last``."""
    attention = model.options["attention"]
    return attention if isinstance(attention, str) else tuple(attention[: last + 1])


def _text(hooks: tuple[int, ...]) -> str:
    return ",".join(map(str, hooks))


HOOKS = Compressor(
    summary="the blocks whose tokens the decoder reads; later blocks are dropped",
    example="hooks=0,1",
    apply=lambda model, step: move_hooks(model, step.numbers("block indices, e.g. hooks=0,1")),
    applies=is_dpt_on_vit,
)
