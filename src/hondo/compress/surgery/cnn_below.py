"""Another CNN below the vision transformer, or one in place of its patches; its last map becomes the tokens."""

from hondo.compress.compressor import Compressor, Step
from hondo.compress.kept import Compressed
from hondo.compress.surgery.hooks import attention_up_to
from hondo.compress.surgery.rebuilt import is_dpt_on_vit, rebuilt, vit_of
from hondo.core.types import Size
from hondo.models.base.depth_model import DepthModel
from hondo.models.encoders.dpt_encoder import HYBRIDS
from hondo.models.encoders.encoder import Pretrained

HYBRID_VIT = "vit_base_patch16_384"  # of the hybrids that have a name of their own
STEP = 32  # what a hybrid's sides are a multiple of


def swap_cnn(model: DepthModel, name: str, *, pretrained: Pretrained = False) -> Compressed:
    """``name``: a CNN of timm with maps at 1/4, 1/8 and 1/16. The transformer and what the decoder reads of it stay.

    The CNN, its projection to the tokens and the layers that read its maps start fresh, or with ImageNet's weights
    where they are ``pretrained``. A plain vision transformer loses its first two hooks to the CNN's maps.
    """
    vit, hooks = vit_name(str(model.options["encoder"])), vit_of(model).hooks[-2:]
    name = name.removeprefix("timm:")
    changes = {
        "encoder": name if name in HYBRIDS and vit == HYBRID_VIT else f"{name}+{vit}",
        "hooks": hooks,
        "attention": attention_up_to(model, hooks[-1]),
        "grid_hw": vit_of(model).grid_hw,
        "widths": None,
        "multiple_of": STEP,
        "size_hw": nearest_size(model.input_spec.size_hw),
        "pretrained": pretrained,
    }
    return rebuilt(model, changes)


def vit_name(encoder: str) -> str:
    """timm's name of the transformer in an encoder's name."""
    encoder = encoder.removeprefix("timm:")
    return HYBRID_VIT if encoder in HYBRIDS else encoder.rpartition("+")[2].removeprefix("timm:")


def nearest_size(size_hw: Size) -> Size:
    """The size whose sides are multiples of STEP, rounded to the nearest."""
    height, width = (max(1, round(side / STEP)) * STEP for side in size_hw)
    return height, width


def _apply(model: DepthModel, step: Step) -> Compressed:
    return swap_cnn(model, step.value, pretrained="pretrained" in step.words)


ENCODER_STEP = Compressor(
    summary="another CNN of timm below the transformer, or in place of its patches (fresh, or :pretrained)",
    example="encoder=mobilenetv4_conv_small",
    apply=_apply,
    applies=is_dpt_on_vit,
    words=("pretrained",),
)
