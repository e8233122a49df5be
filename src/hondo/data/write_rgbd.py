"""Any samples as a folder that the rgbd data set reads: pictures, 16-bit depth and a manifest."""

import csv
import io
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from hondo.core.atomic import atomic_write
from hondo.core.errors import HondoError
from hondo.core.sample import Sample, Samples
from hondo.core.types import DepthKind, DepthMap
from hondo.data.rgbd import MANIFEST
from hondo.images.depth_file import PngScale, write_png16
from hondo.images.io import write_image

DIVIDE_BY = 256.0  # metres = stored / this: to 255 m in steps of 4 mm, KITTI's convention
_COLUMNS = ("id", "image", "depth", "divide_by", "fx", "fy", "cx", "cy", "width", "height", "domain")


def write_rgbd(
    samples: Samples,
    out: str | Path,
    *,
    domain: str = "synthetic",
    track: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Path:
    """Writes image/, depth/ and manifest.csv into ``out`` and returns the manifest; depth beyond 255 m is unknown."""
    out, table = Path(out), io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for index in track(range(len(samples))):
        rows.writerow(_write_pair(samples[index], f"{index:06d}", out=out, domain=domain))
    return atomic_write(out / MANIFEST, table.getvalue().encode())


def _write_pair(sample: Sample, name: str, *, out: Path, domain: str) -> tuple[object, ...]:
    if sample.depth_gt is None or sample.valid is None:
        raise HondoError(f"{sample.origin or name}: no depth to write")
    image, depth = f"image/{name}.png", f"depth/{name}.png"
    rgb = (sample.image.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).contiguous()
    write_image(out / image, rgb.numpy(force=True))
    metres = sample.depth_gt[0].numpy(force=True)
    known = sample.valid[0].numpy(force=True) & (metres <= 65535 / DIVIDE_BY)
    values = np.where(known, metres, np.nan).astype(np.float32)
    scale = PngScale(factor=DIVIDE_BY, offset=0.0, unit="m")
    write_png16(DepthMap(values=values, kind=DepthKind.METRIC_DEPTH), out / depth, scale=scale)
    height, width = values.shape
    camera = sample.camera
    intrinsics = (0, 0, 0, 0) if camera is None else (camera.fx, camera.fy, camera.cx, camera.cy)
    return (name, image, depth, DIVIDE_BY, *intrinsics, width, height, domain)
