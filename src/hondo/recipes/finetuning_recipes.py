"""Many data sets at once, a relative model brought to metres, and LiDAR beside views.

Sources: Ranftl et al. 2021 section 4.1 (MIX6); Yang et al. 2024 and its published training script (Depth Anything V2).
"""

from dataclasses import replace

from hondo.data.augment.augment_config import AugmentConfig
from hondo.data.datasets.dataset_configs import FramesData, MixData, RgbdData
from hondo.recipes.depth_recipes import mix
from hondo.recipes.recipe import BatchesConfig, ModelConfig, Recipe
from hondo.recipes.supervised_recipes import LOOP
from hondo.recipes.video_recipes import semi
from hondo.train.loop.loop_config import OptimConfig
from hondo.train.objectives.objective_config import SelfSupervisedConfig, SupervisedConfig

# Those of MIX6 with depth maps. WSVD and 3D Movies are stereo videos whose depth has to be matched first.
MIX6 = ("redweb", "diml-indoor", "megadepth", "tartanair", "hrwsi@train", "apolloscape", "blendedmvs", "irs")
MIX6_LR, MIX6_ENCODER, MIX6_BATCH, MIX6_STEPS = 1e-4, 0.1, 16, 60 * 72_000  # 60 epochs, each of 72,000 steps
ANYTHING_LR, ANYTHING_ENCODER, ANYTHING_FOCUS = 5e-5, 0.1, 0.5  # variance focus of silog
SEMI_LR, SEMI_BATCH = 1e-4, 12  # of monodepth2 (Godard et al. 2019)
LAYER_DECAY = 0.9  # of the encoder's rate for each block towards the image: our choice


def mix6() -> Recipe:
    """DPT-Hybrid on MIX6, for zero-shot relative depth: ``data.root`` holds each set in a folder of its name.

    Fewer sets, or other folders: ``data.sets={"redweb:PATH": 1, "megadepth:PATH": 1}``.
    """
    return replace(
        mix(),
        name="mix6",
        data=MixData(sets=dict.fromkeys(MIX6, 1.0), size_hw=(384, 384)),
        model=ModelConfig(name="dpt-hybrid", weights="random", options={"pretrained": True}),
        batches=BatchesConfig(batch_size=MIX6_BATCH),
        augment=AugmentConfig(flip=0.5, jitter=0.5, zoom=0.5),
        optim=OptimConfig(lr=MIX6_LR, lr_factors={"encoder": MIX6_ENCODER}, warmup=0.01, max_steps=MIX6_STEPS),
        loop=LOOP,
    )


def depth_anything_metric() -> Recipe:
    """Fine-tunes Depth Anything to metres on your pairs: from its encoder's weights, with a new decoder.

    ``model.options={"max_depth": 80}``: metres that the output ends at (20 is for indoor images).
    """
    return Recipe(
        name="depth-anything-metric",
        data=RgbdData(size_hw=(392, 518)),
        model=ModelConfig(name="depth-anything-s-indoor", start="depth-anything-s", start_parts=("encoder",)),
        objective=SupervisedConfig(terms={"silog": 1.0}, options={"silog.variance_focus": ANYTHING_FOCUS}),
        batches=BatchesConfig(batch_size=4),
        augment=AugmentConfig(flip=0.5, jitter=0.5),
        optim=OptimConfig(
            lr=ANYTHING_LR,
            lr_factors={"encoder": ANYTHING_ENCODER},
            layer_decay=LAYER_DECAY,
            schedule="polynomial",
            warmup=0.0,
            max_steps=20_000,
        ),
        loop=LOOP,
    )


def kitti_semi() -> Recipe:
    """KITTI's frames with their neighbours and the Velodyne's points: LiDAR sets the scale, views teach the rest."""
    base = semi()
    return replace(
        base,
        name="kitti-semi",
        data=FramesData(
            name="kitti",
            split="eigen_zhou/train",
            depth="velodyne",
            size_hw=(192, 640),
            sources=(-1, 1),
            with_depth=True,
        ),
        model=ModelConfig(name="unet-resnet18", weights="random", options={"pretrained": True}),
        objective=replace(base.objective, photometric=SelfSupervisedConfig(pose="network", mask_outside=True)),
        batches=BatchesConfig(batch_size=SEMI_BATCH),
        optim=OptimConfig(lr=SEMI_LR, schedule="step", warmup=0.0, max_steps=60_000),
        loop=LOOP,
    )
