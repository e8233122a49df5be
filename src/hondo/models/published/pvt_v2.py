"""The authors' names in PVTv2 and in SegFormer's encoders; VTDepth and GLPN publish them."""

from hondo.models.published.rename import Rules

_STAGES = range(4)

PVT_V2: Rules = (
    *((rf"patch_embed{i + 1}\.(.+)", rf"stages.{i}.\1") for i in _STAGES),
    *((rf"block{i + 1}\.(.+\.dwconv)\.dwconv\.(.+)", rf"stages.{i}.blocks.\1.\2") for i in _STAGES),
    *((rf"block{i + 1}\.(.+)", rf"stages.{i}.blocks.\1") for i in _STAGES),
    *((rf"norm{i + 1}\.(.+)", rf"stages.{i}.last_norm.\1") for i in _STAGES),
)
