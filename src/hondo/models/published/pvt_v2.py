"""PVTv2's tensors (and those of SegFormer's encoders, its siblings) by timm's names; VTDepth and GLPN publish them."""

from hondo.models.published.rename import Rules

_STAGES = range(4)

PVT_V2: Rules = (
    (r"patch_embed1\.(.*)", r"patch_embed.\1"),
    *((rf"patch_embed{i + 1}\.(.*)", rf"stages_{i}.downsample.\1") for i in _STAGES),
    *((rf"block{i + 1}\.(.*\.dwconv)\.dwconv\.(.*)", rf"stages_{i}.blocks.\1.\2") for i in _STAGES),
    *((rf"block{i + 1}\.(.*)", rf"stages_{i}.blocks.\1") for i in _STAGES),
    *((rf"norm{i + 1}\.(.*)", rf"stages_{i}.norm.\1") for i in _STAGES),
)
