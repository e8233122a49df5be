"""The table of named models, and the weights that the package holds for some of them."""

from collections.abc import Callable
from pathlib import Path

from hondo.core.tables import Table
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.pose_model import PoseModel

Model = DepthModel | PoseModel
Build = Callable[..., Model]  # options, all keyword-only, to a model

ZOO: Table[Build] = Table(
    "model",
    {
        "hondo-nano": "hondo.models.families.nano:hondo_nano",
        "hondo-nano-plain": "hondo.models.families.compact.plain_nano:plain_nano",
        "hondo-small": "hondo.models.families.small:hondo_small",
        "manydepth": "hondo.models.families.manydepth:manydepth",
        "manydepth-resnet50": "hondo.models.families.manydepth:manydepth_resnet50",
        "manydepth-pose": "hondo.models.families.manydepth:manydepth_pose",
        "monodepth2": "hondo.models.families.monodepth2:monodepth2",
        "monodepth2-resnet50": "hondo.models.families.monodepth2:monodepth2_resnet50",
        "monodepth2-pose": "hondo.models.families.monodepth2:monodepth2_pose",
        "nano-pose": "hondo.models.families.pose_networks:nano_pose",
        "pose": "hondo.models.families.pose_networks:pose",
        "unet": "hondo.models.families.unet:unet",
        "unet-litehybrid": "hondo.models.families.unet:unet_litehybrid",
        "unet-light": "hondo.models.families.unet:unet_light",
        "unet-resnet18": "hondo.models.families.unet:unet_resnet18",
        "unet-resnet50": "hondo.models.families.unet:unet_resnet50",
        "unet-mobilenetv3": "hondo.models.families.unet:unet_mobilenetv3",
        "unet-efficientnet-b0": "hondo.models.families.unet:unet_efficientnet_b0",
        "unet-convnext-atto": "hondo.models.families.unet:unet_convnext_atto",
        "unet-pvtv2-b0": "hondo.models.families.unet:unet_pvtv2_b0",
        "unet-swin-t": "hondo.models.families.unet:unet_swin_t",
        "vit-middle": "hondo.models.families.vtdepth:vit_middle",
        "adabins-kitti": "hondo.models.families.adabins:adabins_kitti",
        "adabins-nyu": "hondo.models.families.adabins:adabins_nyu",
        "depth-anything-s": "hondo.models.families.depth_anything:depth_anything_s",
        "depth-anything-s-indoor": "hondo.models.families.depth_anything:depth_anything_s_indoor",
        "depth-anything-s-outdoor": "hondo.models.families.depth_anything:depth_anything_s_outdoor",
        "depth-anything-b": "hondo.models.families.depth_anything:depth_anything_b",
        "depth-anything-b-indoor": "hondo.models.families.depth_anything:depth_anything_b_indoor",
        "depth-anything-b-outdoor": "hondo.models.families.depth_anything:depth_anything_b_outdoor",
        "depth-anything-l": "hondo.models.families.depth_anything:depth_anything_l",
        "depth-anything-l-indoor": "hondo.models.families.depth_anything:depth_anything_l_indoor",
        "depth-anything-l-outdoor": "hondo.models.families.depth_anything:depth_anything_l_outdoor",
        "dpt": "hondo.models.families.dpt:dpt",
        "dpt-base": "hondo.models.families.dpt:dpt_base",
        "dpt-fast": "hondo.models.families.dpt:dpt_fast",
        "dpt-hybrid": "hondo.models.families.dpt:dpt_hybrid",
        "dpt-hybrid-kitti": "hondo.models.families.dpt:dpt_hybrid_kitti",
        "dpt-hybrid-nyu": "hondo.models.families.dpt:dpt_hybrid_nyu",
        "dpt-large": "hondo.models.families.dpt:dpt_large",
        "dpt-thesis": "hondo.models.families.dpt:dpt_thesis",
        "eigen2014": "hondo.models.families.eigen2014:eigen2014",
        "pydnet": "hondo.models.families.compact.pydnet:pydnet",
        "fastdepth": "hondo.models.families.fastdepth:fastdepth",
        "fastdepth-pruned": "hondo.models.families.fastdepth:fastdepth_pruned",
        "mobiledepth": "hondo.models.families.compact.mobiledepth:mobiledepth",
        "puretransformer": "hondo.models.families.vtdepth:puretransformer",
        "shuffle-unet": "hondo.models.families.vtdepth:shuffle_unet",
        "bts-kitti": "hondo.models.families.bts:bts_kitti",
        "bts-nyu": "hondo.models.families.bts:bts_nyu",
        "glpn-kitti": "hondo.models.families.glpn:glpn_kitti",
        "glpn-nyu": "hondo.models.families.glpn:glpn_nyu",
        "vtdepth-a0": "hondo.models.families.vtdepth:vtdepth_a0",
        "vtdepth-b0": "hondo.models.families.vtdepth:vtdepth_b0",
        "vtdepth-b1": "hondo.models.families.vtdepth:vtdepth_b1",
        "vtdepth-b2": "hondo.models.families.vtdepth:vtdepth_b2",
        "vtdepth-c0": "hondo.models.families.vtdepth:vtdepth_c0",
        "vtdepth-pcpvt": "hondo.models.families.vtdepth:vtdepth_pcpvt",
        "vtdepth-pose": "hondo.models.families.vtdepth:vtdepth_pose",
        "vtdepth-pvtv1-small": "hondo.models.families.vtdepth:vtdepth_pvtv1_small",
        "vtdepth-pvtv1-tiny": "hondo.models.families.vtdepth:vtdepth_pvtv1_tiny",
        "vtdepth-svt": "hondo.models.families.vtdepth:vtdepth_svt",
        "vtdepth-swin-t": "hondo.models.families.vtdepth:vtdepth_swin_t",
    },
)

# Models that torch.export cannot take, and why. The contract tests export all others, and check that these do fail.
NOT_EXPORTABLE: dict[str, str] = {}

# The weights that ship with hondo, by the name of their model.
PACKAGED_WEIGHTS = {
    path.stem: path for path in (Path(__file__).resolve().parents[2] / "assets" / "weights").glob("*.safetensors")
}
