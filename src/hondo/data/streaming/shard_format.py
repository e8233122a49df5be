"""A sample as the members of a tar archive, and back: KEY.json, KEY.image.png, KEY.depth.npz, KEY.source0.png, ..."""

import io
import json
import tarfile
from dataclasses import asdict
from typing import Any

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.sample import Sample, SourceView
from hondo.core.text_file import load_object
from hondo.core.truth_kind import TruthKind
from hondo.core.types import Camera
from hondo.data.loading.fit_sample import image_tensor
from hondo.images.pixels import tensor_to_rgb8
from hondo.images.read import read_image


def pack_sample(sample: Sample, key: str, *, quality: int | None = None) -> bytes:
    """The members as a piece of a tar archive. ``quality``: images as JPEG of it; None: as PNG, exact to 8 bits.

    Depth is kept exact (float32, compressed), with NaN where it is not known.
    """
    suffix = "png" if quality is None else "jpg"
    members = {"json": json.dumps(_described(sample)).encode(), f"image.{suffix}": _encoded(sample.image, quality)}
    for number, view in enumerate(sample.sources):
        members[f"source{number}.{suffix}"] = _encoded(view.image, quality)
    if sample.depth_gt is not None and sample.valid is not None:
        members["depth.npz"] = _zipped(sample.depth_gt, sample.valid)
    if sample.measured is not None and sample.is_measured is not None:
        members["measured.npz"] = _zipped(sample.measured, sample.is_measured)
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in members.items():
            header = tarfile.TarInfo(f"{key}.{name}")
            header.size = len(content)
            tar.addfile(header, io.BytesIO(content))
        length = tar.offset  # without the blocks that end an archive
    return file.getvalue()[:length]


def unpack_sample(piece: bytes, *, where: str) -> Sample:
    """The inverse of ``pack_sample``; what is damaged is refused under ``where``."""
    try:
        with tarfile.open(fileobj=io.BytesIO(piece + bytes(1024))) as tar:
            members = {member.name.split(".", 1)[1]: _content(tar, member) for member in tar}
        described = load_object(members["json"], name="its description")
        images = {name.rpartition(".")[0]: content for name, content in members.items() if name[-3:] in ("png", "jpg")}
        return _sample(described, images, members)
    except (tarfile.TarError, LookupError, TypeError, AttributeError, ValueError, OSError) as error:
        raise HondoError(f"{where} is damaged ({error}); pack the data set again") from error


def _sample(described: dict[str, Any], images: dict[str, bytes], members: dict[str, bytes]) -> Sample:
    depth, valid = _unzipped(members.get("depth.npz"))
    measured, is_measured = _unzipped(members.get("measured.npz"))
    sources = (_view(each, images[f"source{number}"]) for number, each in enumerate(described["sources"]))
    return Sample(
        image=_decoded(images["image"]),
        camera=_camera(described["camera"]),
        depth_gt=depth,
        valid=valid,
        measured=measured,
        is_measured=is_measured,
        truth=TruthKind(described["truth"]),
        pairs=None if described["pairs"] is None else torch.tensor(described["pairs"]).reshape(-1, 5),
        sources=tuple(sources),
        origin=described["origin"],
    )


def _described(sample: Sample) -> dict[str, Any]:
    """What is not an image or a map, as JSON."""
    sources = [
        {
            "role": view.role,
            "T_source_target": None if view.T_source_target is None else view.T_source_target.tolist(),
            "camera": None if view.camera is None else asdict(view.camera),
        }
        for view in sample.sources
    ]
    return {
        "origin": sample.origin,
        "truth": str(sample.truth),
        "camera": None if sample.camera is None else asdict(sample.camera),
        "pairs": None if sample.pairs is None else sample.pairs.tolist(),
        "sources": sources,
    }


def _view(described: dict[str, Any], image: bytes) -> SourceView:
    pose = described["T_source_target"]
    return SourceView(
        image=_decoded(image),
        role=described["role"],
        T_source_target=None if pose is None else torch.tensor(pose),
        camera=_camera(described["camera"]),
    )


def _camera(described: dict[str, Any] | None) -> Camera | None:
    if described is None:
        return None
    values: dict[str, Any] = described | {"size_hw": tuple(described["size_hw"])}
    return Camera(**values)


def _encoded(image: Float[Tensor, "3 h w"], quality: int | None) -> bytes:
    bgr = cv2.cvtColor(tensor_to_rgb8(image), cv2.COLOR_RGB2BGR)
    if quality is None:
        return cv2.imencode(".png", bgr)[1].tobytes()
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def _decoded(content: bytes) -> Float[Tensor, "3 h w"]:
    return image_tensor(torch.from_numpy(read_image(content)))


def _zipped(depth: Float[Tensor, "1 h w"], is_known: Bool[Tensor, "1 h w"]) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, depth=torch.where(is_known, depth.float(), torch.nan)[0].numpy(force=True))
    return file.getvalue()


def _unzipped(content: bytes | None) -> tuple[Float[Tensor, "1 h w"] | None, Bool[Tensor, "1 h w"] | None]:
    """A depth map, 0 where it is not known, and where it is known."""
    if content is None:
        return None, None
    with np.load(io.BytesIO(content)) as arrays:
        depth = torch.from_numpy(arrays["depth"])[None]
    return depth.nan_to_num(0.0), depth.isfinite()


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    if file is None:
        raise KeyError(member.name)
    return file.read()
