"""The files of one source: the frames of a clip share one 16-bit scale, and its depth video keeps the sound."""

from pathlib import Path

import av
import numpy as np
import pytest

from hondo.core.types import DepthKind, DepthMap
from hondo.images.depth_file import read_png16
from hondo.video.predict.outputs import OutputConfig, SourceOutputs
from hondo.video.sources.source_list import Source, SourceKind
from tests.images.test_video_writer import film_with_sound


def depth_map(largest: float, *, kind: DepthKind = DepthKind.SCALED_INVERSE_DEPTH) -> DepthMap:
    values = np.linspace(0.1, largest, 48 * 64, dtype=np.float32).reshape(48, 64)
    return DepthMap(values=values, kind=kind, image_rgb=np.zeros((48, 64, 3), np.uint8))


@pytest.mark.parametrize("kind", [DepthKind.SCALED_INVERSE_DEPTH, DepthKind.RELATIVE_INVERSE_DEPTH])
def test_the_frames_of_a_clip_share_one_scale(tmp_path: Path, kind: DepthKind) -> None:
    source = Source(text="clip.mp4", kind=SourceKind.VIDEO, stem="clip")
    maps = [depth_map(largest, kind=kind) for largest in (1.0, 0.7, 2.0)]
    with SourceOutputs(source, OutputConfig(out=tmp_path), fps=10) as outputs:
        written = [outputs.write(each, index=index, time_s=index / 10) for index, each in enumerate(maps)]
    assert len({each.scale for each in written if each is not None}) == 1 and None not in written
    for each, stored in zip(maps, written, strict=True):
        np.testing.assert_allclose(read_png16(tmp_path / stored.png).values, each.values, atol=1 / stored.scale.factor)


def test_images_that_are_no_clip_fill_16_bits_each(tmp_path: Path) -> None:
    written = []
    for stem, largest in (("a", 1.0), ("b", 0.5)):
        source = Source(text=f"{stem}.png", kind=SourceKind.IMAGE, stem=stem)
        with SourceOutputs(source, OutputConfig(out=tmp_path), fps=10) as outputs:
            written.append(outputs.write(depth_map(largest), index=0, time_s=None))
    assert [round(each.scale.factor) for each in written] == [65535, 131070]


@pytest.mark.parametrize("has_sound", [True, False])
def test_the_depth_video_keeps_the_sound_unless_asked(tmp_path: Path, has_sound: bool) -> None:
    source = Source(text=str(film_with_sound(tmp_path / "film.mp4")), kind=SourceKind.VIDEO, stem="film")
    config = OutputConfig(out=tmp_path, forms=("video",), has_sound=has_sound)
    with SourceOutputs(source, config, fps=10) as outputs:
        for index in range(10):
            outputs.write(depth_map(1.0), index=index, time_s=index / 10)
    with av.open(str(tmp_path / "film.depth.mp4")) as container:
        assert bool(container.streams.audio) == has_sound
