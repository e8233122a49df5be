"""The sheet shows mask and crop in colour, and marks pairs that stand still."""

from pathlib import Path

import numpy as np

from hondo.images.read import read_image
from hondo.mapping.doctor.diagnosis_sheet import MASKED, WINDOW, draw_diagnosis, write_sheet
from hondo.mapping.doctor.motion_facts import motion_facts
from hondo.mapping.doctor.sampled_frames import SampledFrames
from hondo.mapping.doctor.static_regions import StaticRegions
from tests.mapping.doctor.conftest import CAMERA, SIZE


def test_mask_crop_and_motion_are_drawn(walked, tmp_path: Path):
    frames = (walked[0], walked[0], walked[1])
    source = SampledFrames(root=Path("clip"), size_hw=SIZE, count=3, fps=None, windows=(frames,), numbers=(0,))
    is_scene = np.ones(SIZE, bool)
    is_scene[100:] = False
    regions = StaticRegions(is_scene=is_scene, crop=(10, 20, 80, 150), has_bars=False)
    motions = motion_facts([frames], CAMERA).pairs
    tiles = draw_diagnosis(source, regions=regions, motions=motions, stride=2)
    shown, bars = tiles[0][0], tiles[3][0]
    assert tuple(shown[50, 20]) == WINDOW and shown[120, 100, 0] > walked[0][120, 100, 0] // 2 + 100
    assert tuple(bars[-1, 10]) == MASKED and tuple(bars[-1, -10]) != MASKED
    assert read_image(write_sheet(tmp_path / "sheet.png", tiles)).shape[1] > 1000
