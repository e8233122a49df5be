"""The clip of the demo."""

from pathlib import Path

import pytest

from hondo.recipes.demo.demo_clip import DemoClip, open_clip, spread
from hondo.recipes.demo.demo_config import DemoConfig


def test_the_clip_is_cut_to_its_first_frames(clip: DemoClip) -> None:
    assert len(clip.images) == 9 and clip.measured.targets == [0, 4, 8]
    assert clip.camera.size_hw == (256, 384)


def test_the_whole_clip(tmp_path: Path) -> None:
    clip = open_clip(DemoConfig(out=tmp_path))
    assert len(clip.images) == 96 and len(clip.measured) == 24


@pytest.mark.parametrize(
    ("count", "chosen"),
    [(1, [30]), (2, [10, 40]), (3, [10, 30, 50]), (5, [0, 10, 30, 40, 50]), (9, [0, 10, 20, 30, 40, 50])],
)
def test_spread_takes_frames_from_all_parts(count: int, chosen: list[int]) -> None:
    assert spread([0, 10, 20, 30, 40, 50], count) == chosen
