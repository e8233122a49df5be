"""The table of recipes: a function without arguments that returns a complete Recipe."""

from collections.abc import Callable

from hondo.core.tables import Table
from hondo.recipes.recipe import Recipe

RECIPES: Table[Callable[[], Recipe]] = Table(
    "recipe",
    {
        "video": "hondo.recipes.video_recipes:video",
        "rgbd": "hondo.recipes.depth_recipes:rgbd",
        "semi": "hondo.recipes.video_recipes:semi",
        "distil": "hondo.recipes.video_recipes:distil",
        "mix": "hondo.recipes.depth_recipes:mix",
        "dpt-kitti": "hondo.recipes.supervised_recipes:dpt_kitti",
        "dpt-nyu": "hondo.recipes.supervised_recipes:dpt_nyu",
        "adabins-kitti": "hondo.recipes.supervised_recipes:adabins_kitti",
        "adabins-nyu": "hondo.recipes.supervised_recipes:adabins_nyu",
        "bts-kitti": "hondo.recipes.supervised_recipes:bts_kitti",
        "fastdepth-nyu": "hondo.recipes.supervised_recipes:fastdepth_nyu",
        "mobiledepth-nyu": "hondo.recipes.supervised_recipes:mobiledepth_nyu",
        "depth-anything-metric": "hondo.recipes.finetuning_recipes:depth_anything_metric",
        "mix6": "hondo.recipes.finetuning_recipes:mix6",
        "kitti-semi": "hondo.recipes.finetuning_recipes:kitti_semi",
        "kitti-mono": "hondo.recipes.views.self_supervised_recipes:kitti_mono",
        "kitti-stereo": "hondo.recipes.views.self_supervised_recipes:kitti_stereo",
        "kitti-ms": "hondo.recipes.views.self_supervised_recipes:kitti_ms",
        "manydepth-kitti": "hondo.recipes.views.self_supervised_recipes:manydepth_kitti",
        "indoor-video": "hondo.recipes.views.self_supervised_recipes:indoor_video",
        "stereo-folder": "hondo.recipes.views.self_supervised_recipes:stereo_folder",
        "vtdepth-a0": "hondo.recipes.views.self_supervised_recipes:vtdepth_a0",
        "vtdepth-b0": "hondo.recipes.views.self_supervised_recipes:vtdepth_b0",
        "vtdepth-b1": "hondo.recipes.views.self_supervised_recipes:vtdepth_b1",
        "vtdepth-b2": "hondo.recipes.views.self_supervised_recipes:vtdepth_b2",
        "vtdepth-c0": "hondo.recipes.views.self_supervised_recipes:vtdepth_c0",
        "vtdepth-pcpvt": "hondo.recipes.views.self_supervised_recipes:vtdepth_pcpvt",
        "vtdepth-svt": "hondo.recipes.views.self_supervised_recipes:vtdepth_svt",
        "vtdepth-swin": "hondo.recipes.views.self_supervised_recipes:vtdepth_swin",
        "vtdepth-pvt1": "hondo.recipes.views.self_supervised_recipes:vtdepth_pvt1",
        "vtdepth-middle": "hondo.recipes.views.self_supervised_recipes:vtdepth_middle",
        "kitti-completion": "hondo.recipes.depth_recipes:kitti_completion",
        "kitti-completion-tiny": "hondo.recipes.depth_recipes:kitti_completion_tiny",
        "dpt-kitti-tiny": "hondo.recipes.tiny_recipes:dpt_kitti_tiny",
        "dpt-nyu-tiny": "hondo.recipes.tiny_recipes:dpt_nyu_tiny",
        "adabins-kitti-tiny": "hondo.recipes.tiny_recipes:adabins_kitti_tiny",
        "adabins-nyu-tiny": "hondo.recipes.tiny_recipes:adabins_nyu_tiny",
        "bts-kitti-tiny": "hondo.recipes.tiny_recipes:bts_kitti_tiny",
        "fastdepth-nyu-tiny": "hondo.recipes.tiny_recipes:fastdepth_nyu_tiny",
        "mobiledepth-nyu-tiny": "hondo.recipes.tiny_recipes:mobiledepth_nyu_tiny",
        "depth-anything-metric-tiny": "hondo.recipes.tiny_recipes:depth_anything_metric_tiny",
        "mix6-tiny": "hondo.recipes.tiny_recipes:mix6_tiny",
        "kitti-semi-tiny": "hondo.recipes.tiny_recipes:kitti_semi_tiny",
        "kitti-mono-tiny": "hondo.recipes.views.tiny_view_recipes:kitti_mono_tiny",
        "kitti-stereo-tiny": "hondo.recipes.views.tiny_view_recipes:kitti_stereo_tiny",
        "kitti-ms-tiny": "hondo.recipes.views.tiny_view_recipes:kitti_ms_tiny",
        "manydepth-kitti-tiny": "hondo.recipes.views.tiny_view_recipes:manydepth_kitti_tiny",
        "indoor-video-tiny": "hondo.recipes.views.tiny_view_recipes:indoor_video_tiny",
        "stereo-folder-tiny": "hondo.recipes.views.tiny_view_recipes:stereo_folder_tiny",
        "vtdepth-a0-tiny": "hondo.recipes.views.tiny_view_recipes:vtdepth_a0_tiny",
        "vtdepth-b0-tiny": "hondo.recipes.views.tiny_view_recipes:vtdepth_b0_tiny",
        "vtdepth-b1-tiny": "hondo.recipes.views.tiny_view_recipes:vtdepth_b1_tiny",
        "vtdepth-b2-tiny": "hondo.recipes.views.tiny_view_recipes:vtdepth_b2_tiny",
        "vtdepth-c0-tiny": "hondo.recipes.views.tiny_view_recipes:vtdepth_c0_tiny",
        "vtdepth-pcpvt-tiny": "hondo.recipes.views.tiny_view_recipes:vtdepth_pcpvt_tiny",
        "vtdepth-svt-tiny": "hondo.recipes.views.tiny_view_recipes:vtdepth_svt_tiny",
        "vtdepth-swin-tiny": "hondo.recipes.views.tiny_view_recipes:vtdepth_swin_tiny",
        "vtdepth-pvt1-tiny": "hondo.recipes.views.tiny_view_recipes:vtdepth_pvt1_tiny",
        "vtdepth-middle-tiny": "hondo.recipes.views.tiny_view_recipes:vtdepth_middle_tiny",
        "nano": "hondo.recipes.nano_recipes:nano",
        "nano-medium": "hondo.recipes.nano_recipes:nano_medium",
        "nano-large": "hondo.recipes.nano_recipes:nano_large",
        "nano-again": "hondo.recipes.nano_recipes:nano_again",
        "nano-final": "hondo.recipes.nano_recipes:nano_final",
        "small": "hondo.recipes.small_recipes:small",
    },
)

# What one has, and the recipes that learn from it; a recipe may stand in several groups.
GROUPS: dict[str, tuple[str, ...]] = {
    "videos, or images without labels": ("video", "indoor-video", "distil"),
    "stereo pairs": ("stereo-folder", "video", "semi"),
    "KITTI raw, without its depth": (
        *("kitti-mono", "kitti-stereo", "kitti-ms", "manydepth-kitti"),
        *(name for name in RECIPES if name.startswith("vtdepth-") and not name.endswith("-tiny")),
    ),
    "images with depth maps": (
        "rgbd",
        "mix",
        "depth-anything-metric",
        "mix6",
        "dpt-nyu",
        "adabins-nyu",
        "fastdepth-nyu",
        "mobiledepth-nyu",
    ),
    "LiDAR": ("semi", "kitti-semi", "kitti-completion", "dpt-kitti", "adabins-kitti", "bts-kitti"),
    "nothing: rendered scenes": (
        *(name for name in RECIPES if name.endswith("-tiny")),
        *(name for name in RECIPES if name.startswith(("nano", "small"))),
    ),
}


def summary_of(name: str) -> str:
    """The first sentence of what a recipe's function says."""
    return " ".join((RECIPES[name].__doc__ or "").split()).partition(". ")[0].removesuffix(".") + "."
