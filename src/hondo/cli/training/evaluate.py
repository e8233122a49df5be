"""``hondo evaluate``: scores a model, a baseline, or a folder of predictions of anybody."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from hondo.cli.options.data_options import DataOption, progress_bar
from hondo.cli.options.metavar import shown_as
from hondo.cli.options.model_options import (
    EXACT_OPTIONS,
    CameraOption,
    SharedModelOptions,
    model_settings,
    parse_pairs,
)
from hondo.cli.options.report_table import print_report

if TYPE_CHECKING:
    from hondo.evaluate.evaluate_dataset import EvaluationSettings

EXIT_SOME_FAILED = 1


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """Score a model, a baseline (floor:constant, floor:row-plane), or predictions of others: a folder of PNG16, NPY,
    NPZ, PFM, TIFF or EXR files, or one NPY or NPZ file with a stack (n h w)."""

    model: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="MODEL_or_PREDICTIONS")]
    """A name from `hondo models`, a run folder, a model file, predictions, or a baseline: floor:constant,
    floor:row-plane."""
    data: Annotated[str, tyro.conf.arg(metavar="NAME")] = "rgbd"
    """Data set: rgbd (a manifest), frames (a clip with depth maps), synthetic, or a published one: kitti,
    kitti-selection, kitti-odometry, vkitti2, cityscapes, apolloscape, nyu, nyu-bts, scannet, sunrgbd, tum, 7scenes,
    diode, hypersim, irs, diml-indoor, tartanair, sintel, eth3d, blendedmvs, megadepth, make3d, diml-outdoor, redweb,
    hrwsi, diw, wsvd, movies-3d, stray-scanner, record3d, realsense, azure-kinect (`hondo data list` says more)."""
    root: Annotated[Path | None, shown_as("PATH")] = None
    """Where the data is: folder, manifest or video file."""
    split: Annotated[str | None, shown_as("NAME|FILE")] = None
    """Only the images of this split (`hondo data splits`), or of a list of your own."""
    lists: Annotated[Path | None, shown_as("FOLDER")] = None
    """Where the published split lists lie. Default: the folder splits below --root."""
    protocol: Annotated[str, tyro.conf.arg(metavar="NAME")] = "dense"
    """How it is scored: dense, kitti-eigen-raw-garg, kitti-eigen-annotated-garg, kitti-eigen-annotated-double,
    kitti-eigen-crop, kitti-eigen-benchmark, nyu-eigen, nyu-fastdepth."""
    align: Annotated[str | None, shown_as("NAME|FACTOR")] = None
    """none, median, scale, scale-shift, or a factor. Default: the protocol's own."""
    flip: bool = False
    """Average a model's map with the mirrored map of the mirrored image, in the map's own unit."""
    against: Annotated[tuple[str, ...], shown_as("MODEL|PREDICTIONS|JSON")] = ()
    """Compare with these on the same images: models, predictions and floor:constant or floor:row-plane are evaluated
    alike; or reports that --json wrote before."""
    flicker: bool = False
    """The samples are frames of a video in order: also measure how much depth flickers (needs no depth maps)."""
    uncertainty: bool = False
    """Score the confidence of the depth maps too (AUSE, AURG), beside the image's gradient and a constant; models get
    one from the mirrored image."""
    every: Annotated[int, tyro.conf.arg(metavar="N")] = 1
    """Score each N-th sample."""
    only: Annotated[str | None, shown_as("DOMAIN|PREFIX")] = None
    """Score only samples of this domain, or whose id (frames: file name) starts so."""
    json: Annotated[Path | None, shown_as("FILE")] = None
    """Write the report and every image's metrics to this file."""
    figures: Annotated[Path | None, shown_as("FOLDER")] = None
    """Write report.md, a table of images and figures into this folder: a grid of images, metrics with their
    intervals, errors by depth, accuracy against speed (PNG and SVG), best, median and worst images."""
    camera: CameraOption = None
    depth: Annotated[Path | None, shown_as("FOLDER")] = None
    """frames: the folder of depth maps. KITTI: annotated, velodyne. NYU: filled, raw."""
    divide_by: Annotated[float | None, shown_as("N")] = None
    """Metres = stored value / this. Default: 1000 (frames), or that of the published data set."""
    depth_every: Annotated[int | None, shown_as("N")] = None
    """frames: the i-th depth map belongs to frame i x N. Default: matched by name."""
    data_option: DataOption = ()
    png_factor: Annotated[float | None, shown_as("N")] = None
    """Of predictions by others: stored value of one metre. Default: 256, for NYU protocols 1000."""
    pred_kind: Annotated[str, tyro.conf.arg(metavar="NAME")] = "metric_depth"
    """Of predictions by others: metric_depth, metric_inverse_depth, scaled_inverse_depth, relative_inverse_depth."""
    skip_nan: bool = False
    """Leave out pixels where a prediction is NaN (they are counted in the report) instead of refusing the image."""
    network: SharedModelOptions = EXACT_OPTIONS


def run(config: EvaluateConfig) -> int:
    from hondo.evaluate.evaluate_dataset import evaluate_dataset

    evaluation = evaluate_dataset(
        _settings(config),
        json=config.json,
        figures=config.figures,
        on_report=lambda report: print_report(report, command="evaluate"),
        track=lambda indices: progress_bar(indices, text="scoring"),
    )
    return EXIT_SOME_FAILED if evaluation.skipped else 0


def _settings(config: EvaluateConfig) -> "EvaluationSettings":
    from hondo.engines.load import is_exported
    from hondo.evaluate.evaluate_dataset import EvaluationSettings

    model = model_settings(config.network, models=(config.model,))
    if config.uncertainty and not is_exported(config.model):
        model = replace(model, confidence=True)
    named = {"camera": config.camera, "depth": config.depth, "divide_by": config.divide_by}
    named |= {"depth_every": config.depth_every, "split": config.split, "lists": config.lists}
    return EvaluationSettings(
        subject=config.model, data=config.data, root=config.root, every=config.every, only=config.only,
        data_options=named | parse_pairs(config.data_option, option="--data-option"),
        protocol=config.protocol, align=config.align, flicker=config.flicker,
        model=model, uncertainty=config.uncertainty, png_factor=config.png_factor,
        pred_kind=config.pred_kind, skip_nan=config.skip_nan, flip=config.flip, against=config.against,
    )  # fmt: skip
