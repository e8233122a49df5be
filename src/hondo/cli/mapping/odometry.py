"""``hondo odometry``: the camera's path through a video or folder of images."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from hondo.cli.options.metavar import shown_as
from hondo.cli.options.model_options import NO_OPTIONS, CameraOption, SharedModelOptions, model_settings

SourceArgument = Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="SOURCE")]


@dataclass(frozen=True, kw_only=True)
class OdometryCommand:
    """Writes the path of SOURCE's camera: trajectory.tum, trajectory.kitti, odometry.json and a figure."""

    source: SourceArgument
    """A video file, or a folder of images in order (or one with images/ and intrinsics)."""
    model: Annotated[str, tyro.conf.arg(metavar="MODEL")] = "hondo-nano"
    """Its depth gives the path its unit: metres for metric models."""
    out: Annotated[Path, tyro.conf.arg(metavar="FOLDER")] = Path("odometry")
    """Folder for the results."""
    camera: CameraOption = None
    truth: Annotated[Path | None, shown_as("FILE")] = None
    """True poses (TUM, KITTI, or 4x4 matrices): scores the path (ATE, RPE, drift) with evo."""
    pose: Annotated[str, tyro.conf.arg(metavar="HOW")] = "two-view"
    """First guess of each motion: two-view (geometry), network (that of a multi-frame model), or the name or file of a
    pose network."""
    refine: bool = True
    """Refine a window of keyframes; --no-refine keeps each pose as it was found first (that of the pose network)."""
    every: Annotated[int, tyro.conf.arg(metavar="N")] = 1
    """Use each N-th image."""
    limit: Annotated[int | None, shown_as("N")] = None
    """Images used. Default: all."""
    fps: Annotated[float, tyro.conf.arg(metavar="N")] = 30.0
    """Images a second, of a folder whose file names state no times."""
    network: SharedModelOptions = NO_OPTIONS


def run(config: OdometryCommand) -> None:
    from hondo.mapping.odometry.estimate import METRES, odometry, odometry_config

    path, score = odometry(
        config.source, model=config.model, settings=model_settings(config.network), out=config.out,
        camera=config.camera, truth=config.truth, pose=config.pose, config=odometry_config(refine=config.refine),
        every=config.every, limit=config.limit, fps=config.fps,
    )  # fmt: skip
    unit = "m" if path.unit == METRES else "(up to one scale: the model gives no metres)"
    length = f"a path of {path.trajectory.length:.3g} {unit}"
    print(f"{len(path.trajectory.times)} poses, {len(path.keyframes)} keyframes, {length}")
    if score is not None:
        print(
            f"ATE {score.ate:.3f} m, RPE {score.rpe:.4f} m and {score.rpe_deg:.2f} deg, "
            f"drift {100 * score.drift:.2f} % of segments of {', '.join(f'{each:.3g}' for each in score.segments)} m, "
            f"one scale {score.scale:.3f}"
        )
    print(f"-> {config.out}")
