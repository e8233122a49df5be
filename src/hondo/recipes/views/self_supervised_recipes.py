"""Learning without depth at the settings of the field: monodepth2 on KITTI (M, S, MS), ManyDepth, VTDepth's encoders;
and hondo-nano made better at a room or behind a stereo camera.

Sources: Godard et al. 2019 (monodepth2), Watson et al. 2019 (depth hints), Watson et al. 2021 (ManyDepth),
github.com/ahbpp/VTDepth. What a source leaves open is said where it is chosen.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hondo.data.augment.augment_config import AugmentConfig
from hondo.data.datasets.dataset_configs import FramesData
from hondo.recipes.recipe import BatchesConfig, ModelConfig, Recipe
from hondo.recipes.supervised_recipes import LOOP, steps
from hondo.recipes.video_recipes import video
from hondo.train.loop.loop_config import OptimConfig
from hondo.train.objectives.objective_config import MultiFrameConfig, SelfSupervisedConfig

KITTI_IMAGES = 39_810  # of eigen_zhou/train
EPOCHS, LR, BATCH, STEP_AT = 20, 1e-4, 12, 15 / 20  # monodepth2 and ManyDepth
VTDEPTH_EPOCHS, VTDEPTH_STEP_AT = 30, 21 / 30
START_DEPTH, WARMUP = 1.0, 0.01  # of the pure transformer; the pose network finds the unit of depth
HINTS = 1.0  # weight of matched depth beside the photometric error (Watson et al. 2019)
INDOOR_STEP = 6  # frames between views: at 30 images a second a hand moves about 4 cm in that time


def kitti_mono() -> Recipe:
    """monodepth2 on KITTI's videos (M): the frames before and after, and a pose network. Scale stays unknown."""
    return Recipe(
        name="kitti-mono",
        data=FramesData(name="kitti", split="eigen_zhou/train", size_hw=(192, 640), sources=(-1, 1)),
        model=ModelConfig(name="monodepth2", weights="random", options={"pretrained": True}),
        objective=SelfSupervisedConfig(pose="network", pose_model="monodepth2-pose"),
        batches=BatchesConfig(batch_size=BATCH),
        augment=AugmentConfig(flip=0.5, jitter=0.5),
        optim=_adam(epochs=EPOCHS, step_at=STEP_AT),
        loop=LOOP,
    )


def kitti_stereo() -> Recipe:
    """monodepth2 on KITTI's stereo pairs (S): metres come from the baseline."""
    base = kitti_mono()
    return replace(
        base,
        name="kitti-stereo",
        data=replace(base.data, sources=("stereo",)),
        model=replace(base.model, options=base.model.options | {"stereo": True}),
        objective=SelfSupervisedConfig(pose="known"),
    )


def kitti_ms() -> Recipe:
    """monodepth2 on KITTI's videos and stereo pairs at once (MS): metres come from the baseline."""
    base = kitti_mono()
    data = replace(base.data, sources=(-1, 1, "stereo"))
    return replace(base, name="kitti-ms", data=data, model=kitti_stereo().model)


def manydepth_kitti() -> Recipe:
    """ManyDepth on KITTI's videos: a cost volume over the frame before, beside a single-frame teacher."""
    base = kitti_mono()
    return replace(
        base,
        name="manydepth-kitti",
        model=replace(base.model, name="manydepth"),
        objective=MultiFrameConfig(photometric=base.objective, teacher_options={"pretrained": True}),
    )


def indoor_video() -> Recipe:
    """Adapts hondo-nano to a hand-held video of rooms at 30 images a second; no depth is used.

    As ``video``, with views that lie farther apart: a hand moves slowly.
    """
    base = video()
    data = replace(base.data, sources=(-INDOOR_STEP, INDOOR_STEP), every=INDOOR_STEP)
    return replace(base, name="indoor-video", data=data)


def stereo_folder() -> Recipe:
    """Adapts hondo-nano to rectified stereo pairs: two folders, or frames with both views side by side.

    Metres come from the baseline. Semi-global matching hints at depth where its photometric error is lower.
    """
    base = video()
    return replace(
        base,
        name="stereo-folder",
        data=replace(base.data, sources=("stereo",)),
        objective=replace(base.objective, pose="known", anchor=0.0, view_terms={"depth_hints": HINTS}),
    )


def _adam(*, epochs: int, step_at: float) -> OptimConfig:
    return OptimConfig(
        name="adam",
        lr=LR,
        weight_decay=0.0,
        schedule="step",
        step_at=step_at,
        warmup=0.0,
        max_steps=steps(epochs, KITTI_IMAGES, BATCH),
        clip_norm=None,
    )


def _vtdepth(name: str, model: str, what: str, **options: Any) -> Callable[[], Recipe]:
    """VTDepth's training on KITTI's videos of one of its encoders; its batch is not stated: monodepth2's."""

    def recipe() -> Recipe:
        return replace(
            kitti_mono(),
            name=f"vtdepth-{name}",
            model=ModelConfig(name=model, weights="random", options=options),
            objective=SelfSupervisedConfig(pose="network", pose_model="vtdepth-pose"),
            optim=_adam(epochs=VTDEPTH_EPOCHS, step_at=VTDEPTH_STEP_AT),
        )

    recipe.__doc__ = f"VTDepth on KITTI's videos: {what}."
    return recipe


def vtdepth_a0() -> Recipe:
    """VTDepth on KITTI's videos: a transformer under a transformer (PVTv2-B0).

    Its author calls this training unstable: it starts amid the depths that it can predict, with a warm-up and clipped
    gradients (docs/stability.md). Where the data fix the scale, start at their median depth.
    """
    what = "a transformer under a transformer (PVTv2-B0)"
    base = _vtdepth("a0", "vtdepth-a0", what, pretrained=True, start_depth=START_DEPTH)()
    return replace(base, optim=replace(base.optim, warmup=WARMUP, clip_norm=1.0))


vtdepth_b0 = _vtdepth("b0", "vtdepth-b0", "PVTv2-B0 under convolutions", pretrained=True)
vtdepth_b1 = _vtdepth("b1", "vtdepth-b1", "PVTv2-B1 under convolutions", pretrained=True)
vtdepth_b2 = _vtdepth("b2", "vtdepth-b2", "PVTv2-B2 under convolutions", pretrained=True)
vtdepth_c0 = _vtdepth("c0", "vtdepth-c0", "a ResNet-18 under a transformer", pretrained=True)
vtdepth_pcpvt = _vtdepth("pcpvt", "vtdepth-pcpvt", "Twins-PCPVT-small under convolutions", pretrained=True)
vtdepth_svt = _vtdepth("svt", "vtdepth-svt", "Twins-SVT-small under convolutions", pretrained=True)
vtdepth_swin = _vtdepth("swin", "vtdepth-swin-t", "Swin-T under convolutions", pretrained=True)
vtdepth_pvt1 = _vtdepth("pvt1", "vtdepth-pvtv1-small", "PVT-small (its first version) under convolutions")
vtdepth_middle = _vtdepth("middle", "vit-middle", "a ResNet-18 with transformer blocks at its end", pretrained=True)
