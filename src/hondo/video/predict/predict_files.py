"""Depth of files, folders, videos and cameras by name, into a folder: what ``hondo predict`` does."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hondo.core.atomic import make_writable_folder
from hondo.core.errors import HondoError
from hondo.data.datasets.intrinsics import camera_of_file, image_camera
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.model_settings import ModelSettings
from hondo.images.read import MAX_MEGAPIXELS
from hondo.video.predict.manifest import Item
from hondo.video.predict.outputs import OutputConfig
from hondo.video.predict.predict_sources import predict_sources
from hondo.video.sources.source_list import SourceKind, find_sources
from hondo.video.temporal.steady import SteadyConfig


def predict_files(
    sources: Sequence[str],
    *,
    model: str,
    settings: ModelSettings,
    output: OutputConfig,
    camera: str | None = None,
    max_megapixels: float = MAX_MEGAPIXELS,
    limit: int | None = None,
    steady: bool = False,
    on_warning: Callable[[str], None] = lambda text: None,
) -> Iterator[Item]:
    """Writes the depth of every source into ``output.out``, with predictions.json; gives an item for each image.

    ``camera``: intrinsics as a file, fx,fy,cx,cy in pixels of the images, or fov=DEGREES. ``limit``: frames of each
    video. ``steady``: one scale over each clip, and no flicker.
    """
    _check_positive(max_megapixels=max_megapixels, limit=limit)
    found = find_sources(sources, out=output.out)
    if "video" in output.forms and all(source.kind is SourceKind.IMAGE for source in found):
        on_warning("save video: only videos and cameras give a video; these are images")
    predictor = settings.load(model)
    make_writable_folder(output.out, field="out")
    items = predict_sources(
        predictor,
        found,
        output=output,
        **_cameras(camera, is_needed="ply" in output.forms),
        max_megapixels=max_megapixels,
        limit=limit,
        steady=SteadyConfig() if steady else None,
    )
    return _closing(predictor, items)


def _closing(predictor: NetworkPredictor, items: Iterator[Item]) -> Iterator[Item]:
    try:
        yield from items
    finally:
        predictor.close()


def _check_positive(**numbers: float | None) -> None:
    for name, value in numbers.items():
        if value is not None and not value > 0:
            raise HondoError(f"{name} must be positive, got {value:g}", field=name)


def _cameras(given: str | None, *, is_needed: bool) -> dict[str, Any]:
    """The camera of an image: the one given, where points need it that of EXIF or an assumed one, or none."""
    if given is not None:
        return {"camera_of": lambda size_hw: image_camera(given, size_hw=size_hw)}
    if not is_needed:
        return {}
    return {
        "camera_of": lambda size_hw: camera_of_file(None, size_hw=size_hw),
        "camera_of_image": lambda path, size_hw: camera_of_file(path, size_hw=size_hw),
    }
