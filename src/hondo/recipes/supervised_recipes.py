"""Networks of the literature on KITTI and NYU Depth v2, with the settings of their authors.

Sources: Ranftl et al. 2021 (DPT) and the thesis on DPT for KITTI (github.com/guillesanbri/DPT); Bhat et al. 2021
(AdaBins); Lee et al. 2019 (BTS); Wofk et al. 2019 (FastDepth). What a source leaves open is said where it is chosen.
"""

from dataclasses import replace

from hondo.data.augment.augment_config import AugmentConfig
from hondo.data.datasets.dataset_configs import RgbdData
from hondo.recipes.recipe import BatchesConfig, ModelConfig, Recipe
from hondo.train.loop.loop_config import LoopConfig, OptimConfig
from hondo.train.objectives.objective_config import SupervisedConfig

KITTI_IMAGES = 44_570  # of eigen_full/train that have an annotated map
NYU_IMAGES = 24_231  # of the list of BTS
KITTI_CROP, NYU_CROP = (352, 704), (416, 544)  # random windows of BTS and AdaBins

THESIS_EPOCHS, THESIS_LR, THESIS_DECAY = 20, 1e-5, 0.01  # batch 1
THESIS_CLIP = 0.5  # of each gradient's value
ADABINS_EPOCHS, ADABINS_LR, ADABINS_BATCH = 25, 3.57e-4, 16
ADABINS_DECAY, ADABINS_CLIP = 0.1, 0.1  # the defaults of the authors' script; the clip is of the gradient's norm
ADABINS_ENCODER, ADABINS_CHAMFER = 0.1, 0.1  # rate of the encoder over that of the rest; weight of the bins' loss
BTS_EPOCHS, BTS_LR, BTS_BATCH, BTS_DECAY = 50, 1e-4, 16, 0.01
FASTDEPTH_EPOCHS, FASTDEPTH_LR, FASTDEPTH_BATCH, FASTDEPTH_DECAY = 20, 1e-2, 8, 1e-4

KITTI = RgbdData(name="kitti", split="eigen_full/train", size_hw=(352, 1216), max_depth=80.0)
NYU = RgbdData(name="nyu-bts", split="nyu/train", size_hw=(480, 640), max_depth=10.0)
CHANGES = AugmentConfig(flip=0.5, jitter=0.5, hue=0.0, gamma=0.5, gamma_range=(0.9, 1.1))  # near to those of BTS
LOOP = LoopConfig(log_every=50, checkpoint_every=2000)


def dpt_kitti() -> Recipe:
    """The thesis's DPT-Hybrid on KITTI: from the weights of MIX6, Eigen's loss, batch 1, clipped values of gradients.

    What of those weights does not fit is left out and named. The learning rate is constant, as none other is stated.
    """
    return Recipe(
        name="dpt-kitti",
        data=replace(KITTI, size_hw=(192, 640)),
        model=ModelConfig(name="dpt-thesis", start="dpt-hybrid"),
        objective=SupervisedConfig(terms={"eigen": 1.0}),
        batches=BatchesConfig(batch_size=1),
        augment=AugmentConfig(flip=0.5, jitter=0.0),
        optim=OptimConfig(
            lr=THESIS_LR,
            weight_decay=THESIS_DECAY,
            schedule="constant",
            warmup=0.0,
            max_steps=steps(THESIS_EPOCHS, KITTI_IMAGES, 1),
            clip_norm=None,
            clip_value=THESIS_CLIP,
        ),
        loop=LOOP,
    )


def dpt_nyu() -> Recipe:
    """DPT-Hybrid on NYU Depth v2: the settings of dpt-kitti."""
    base = dpt_kitti()
    return replace(
        base,
        name="dpt-nyu",
        data=NYU,
        model=ModelConfig(name="dpt-hybrid-nyu", start="dpt-hybrid"),
        optim=replace(base.optim, max_steps=steps(THESIS_EPOCHS, NYU_IMAGES, 1)),
    )


def adabins_kitti() -> Recipe:
    """AdaBins on KITTI: silog and the bins' distance to the true depths; one cycle, the encoder ten times slower."""
    return Recipe(
        name="adabins-kitti",
        data=KITTI,
        model=ModelConfig(name="adabins-kitti", weights="random", options={"pretrained": True}),
        objective=SupervisedConfig(terms={"silog": 1.0, "chamfer_bins": ADABINS_CHAMFER}),
        batches=BatchesConfig(batch_size=ADABINS_BATCH),
        augment=replace(CHANGES, crop_hw=KITTI_CROP),
        optim=OptimConfig(
            lr=ADABINS_LR,
            weight_decay=ADABINS_DECAY,
            lr_factors={"encoder": ADABINS_ENCODER},
            schedule="onecycle",
            max_steps=steps(ADABINS_EPOCHS, KITTI_IMAGES, ADABINS_BATCH),
            clip_norm=ADABINS_CLIP,
        ),
        loop=LOOP,
    )


def adabins_nyu() -> Recipe:
    """AdaBins on NYU Depth v2."""
    base = adabins_kitti()
    return replace(
        base,
        name="adabins-nyu",
        data=NYU,
        model=replace(base.model, name="adabins-nyu"),
        augment=replace(CHANGES, crop_hw=NYU_CROP),
        optim=replace(base.optim, max_steps=steps(ADABINS_EPOCHS, NYU_IMAGES, ADABINS_BATCH)),
    )


def bts_kitti() -> Recipe:
    """BTS on KITTI: silog, and a learning rate that falls with the power 0.9."""
    base = adabins_kitti()
    return replace(
        base,
        name="bts-kitti",
        model=ModelConfig(name="bts-kitti", weights="random", options={"pretrained": True}),
        objective=SupervisedConfig(terms={"silog": 1.0}),
        batches=BatchesConfig(batch_size=BTS_BATCH),
        optim=OptimConfig(
            lr=BTS_LR,
            weight_decay=BTS_DECAY,
            schedule="polynomial",
            warmup=0.0,
            max_steps=steps(BTS_EPOCHS, KITTI_IMAGES, BTS_BATCH),
            clip_norm=None,
        ),
    )


def fastdepth_nyu() -> Recipe:
    """FastDepth on NYU Depth v2: L1 and SGD with momentum. Its rate falls tenfold at once, the authors' in steps."""
    return Recipe(
        name="fastdepth-nyu",
        data=replace(NYU, size_hw=(224, 224)),
        model=ModelConfig(name="fastdepth", weights="random"),
        objective=SupervisedConfig(terms={"l1": 1.0}),
        batches=BatchesConfig(batch_size=FASTDEPTH_BATCH),
        augment=AugmentConfig(flip=0.5, jitter=0.5),
        optim=OptimConfig(
            name="sgd",
            lr=FASTDEPTH_LR,
            weight_decay=FASTDEPTH_DECAY,
            schedule="step",
            warmup=0.0,
            max_steps=steps(FASTDEPTH_EPOCHS, NYU_IMAGES, FASTDEPTH_BATCH),
            clip_norm=None,
        ),
        loop=LOOP,
    )


def mobiledepth_nyu() -> Recipe:
    """MobileDepth on NYU Depth v2, with an encoder trained on ImageNet. Its settings are our choice: AdamW and L1."""
    base = fastdepth_nyu()
    optim = OptimConfig(lr=3e-4, max_steps=base.optim.max_steps, ema_decay=0.999)
    model = ModelConfig(name="mobiledepth", weights="random", options={"pretrained": True})
    return replace(base, name="mobiledepth-nyu", model=model, optim=optim)


def steps(epochs: int, images: int, batch_size: int) -> int:
    """The optimiser steps of so many epochs."""
    return epochs * (images // batch_size)
