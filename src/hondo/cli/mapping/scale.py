"""``hondo scale``: metres for a model whose depth is known up to one factor."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from hondo.cli.options.model_options import CameraOption, ModelArgument, WeightOptions, model_settings

NO_WEIGHTS = WeightOptions()


@dataclass(frozen=True, kw_only=True)
class ScaleCommand:
    """Writes MODEL with the factor that makes metres of its depth, and how sure that is."""

    model: ModelArgument
    """A name from `hondo models`, a run folder, or a .safetensors file."""
    from_: Annotated[str, tyro.conf.arg(name="from", metavar="HOW=VALUE")]
    """baseline=METRES (stereo pairs), height=METRES (of the camera above a plane), speed=M_PER_S or speed=FILE (lines
    time,speed), track=FILE (GPS or IMU: TUM lines), points=FILE (lines x,y,metres or image,x,y,metres),
    known=x,y,metres, lidar=FOLDER (depth maps), object=x1,y1,x2,y2,metres (two pixels and their distance)."""
    images: Annotated[str, tyro.conf.arg(metavar="SOURCE")]
    """What was measured in: an image, folder or video; for baseline a folder with left/ and right/."""
    out: Annotated[Path, tyro.conf.arg(metavar="FILE")]
    """The model's file, .safetensors."""
    camera: CameraOption = None
    divide_by: Annotated[float, tyro.conf.arg(metavar="N")] = 256.0
    """lidar: stored value of one metre in the depth maps."""
    fps: Annotated[float, tyro.conf.arg(metavar="N")] = 30.0
    """speed, track: images a second, of a folder whose file names state no times."""
    network: Annotated[WeightOptions, tyro.conf.OmitArgPrefixes] = NO_WEIGHTS


def run(config: ScaleCommand) -> None:
    from hondo.mapping.scale.calibrate import scale_model

    metres = scale_model(
        config.model, config.from_, images=config.images, out=config.out, settings=model_settings(config.network),
        camera=config.camera, divide_by=config.divide_by, fps=config.fps,
    )  # fmt: skip
    interval = "" if metres.low is None else f", 95 % between {metres.low:.4g} and {metres.high:.4g}"
    spread = "" if metres.spread is None else f", single ones differ by {metres.spread:.1%}"
    print(f"factor {metres.factor:.4g}{interval}, median of {metres.images}{spread}\n-> {config.out}")
