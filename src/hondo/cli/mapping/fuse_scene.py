"""``hondo fuse``: a coloured mesh or cloud of the place that a video shows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from hondo.cli.mapping.odometry import SourceArgument
from hondo.cli.options.metavar import shown_as
from hondo.cli.options.model_options import NO_OPTIONS, CameraOption, SharedModelOptions, model_settings


@dataclass(frozen=True, kw_only=True)
class FuseCommand:
    """Writes the surface that SOURCE shows as a coloured mesh."""

    source: SourceArgument
    """A video file, or a folder of images in order (or one with images/ and intrinsics)."""
    out: Annotated[Path, tyro.conf.arg(metavar="FILE")]
    """The mesh: .ply or .glb."""
    model: Annotated[str, tyro.conf.arg(metavar="MODEL")] = "hondo-nano"
    """Its depth is fused."""
    camera: CameraOption = None
    poses: Annotated[Path | None, shown_as("FILE")] = None
    """Camera-to-world poses (TUM, KITTI, or 4x4 matrices), whose unit the mesh gets. Default: found by odometry."""
    voxel: Annotated[float | None, shown_as("SIDE")] = None
    """Side of a voxel in the unit of the poses. Default: 1.2 % of the depth of the first view."""
    cloud: bool = False
    """Points alone, without triangles."""
    page: Annotated[Path | None, shown_as("FILE")] = None
    """Also an .html file that shows the mesh and the camera's path in a browser, without a server."""
    every: Annotated[int, tyro.conf.arg(metavar="N")] = 1
    """Use each N-th image."""
    limit: Annotated[int | None, shown_as("N")] = None
    """Images used. Default: all."""
    fps: Annotated[float, tyro.conf.arg(metavar="N")] = 30.0
    """Images a second, of a folder whose file names state no times."""
    network: SharedModelOptions = NO_OPTIONS


def run(config: FuseCommand) -> None:
    from hondo.mapping.fusion.fuse_depth import fuse

    fused = fuse(
        config.source, model=config.model, settings=model_settings(config.network), out=config.out,
        camera=config.camera, poses=config.poses, voxel=config.voxel, is_cloud=config.cloud, page=config.page,
        every=config.every, limit=config.limit, fps=config.fps,
    )  # fmt: skip
    mesh = fused.mesh
    shape = "points" if config.cloud else f"vertices, {len(mesh.faces)} triangles"
    print(f"{len(fused.centres)} views, {len(mesh.vertices)} {shape} -> {config.out}")
    if config.page is not None:
        print(f"-> {config.page}")
