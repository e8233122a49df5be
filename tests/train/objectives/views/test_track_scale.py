"""The camera path of a clip in metres, by its track."""

from pathlib import Path

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind
from hondo.data.datasets.clip import Frames
from hondo.images.read import write_image
from hondo.models.registry.build_model import build_model
from hondo.train.objectives.views.track_scale import scale_to_track


def clip(folder: Path, track: str | None) -> Frames:
    for number in range(6):
        write_image(folder / "images" / f"{number}.png", np.zeros((32, 32, 3), np.uint8))
    if track is not None:
        (folder / "track.csv").write_text(track)
    frames = Frames(folder, sources=(-1, 1))
    frames.poses = np.eye(4)[None].repeat(6, 0)
    frames.poses[:, 2, 3] = 0.1 * np.arange(6)
    return frames


def speeds(metres_per_s: float) -> str:
    return "seconds,speed\n" + "".join(f"{k},{metres_per_s}\n" for k in range(6))


def model():
    return build_model("unet", weights="random", encoder="light", width=0.25, size_hw=(32, 32))


def test_poses_and_model_are_in_metres(tmp_path: Path) -> None:
    frames, scaled = clip(tmp_path, speeds(0.4)), model()
    scale_to_track([frames], scaled)
    assert frames.poses is not None
    np.testing.assert_allclose(np.diff(frames.poses[:, 2, 3]), 0.4)
    assert scaled.kind is DepthKind.METRIC_INVERSE_DEPTH and scaled.factor == pytest.approx(0.25)
    assert frames[0].sources[0].distance == pytest.approx(0.4)


def test_without_a_track_nothing_changes_and_a_still_one_is_refused(tmp_path: Path) -> None:
    frames, scaled = clip(tmp_path / "none", None), model()
    scale_to_track([frames], scaled)
    assert scaled.kind is DepthKind.SCALED_INVERSE_DEPTH and frames[0].sources[0].distance is None
    with pytest.raises(HondoError, match="knows 0 distances"):
        scale_to_track([clip(tmp_path / "still", speeds(0.0))], scaled)
