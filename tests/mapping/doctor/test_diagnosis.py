"""What is said about a source: intrinsics that the motion contradicts, stereo that is not rectified."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from hondo.core.types import Camera
from hondo.geometry.focal_length import FocalEstimate
from hondo.mapping.doctor.camera_facts import StereoFacts
from hondo.mapping.doctor.diagnosis import Diagnosis
from hondo.mapping.doctor.motion_facts import motion_facts
from hondo.mapping.doctor.sampled_frames import SampledFrames
from tests.mapping.doctor.conftest import CAMERA, SIZE


def diagnosis(**changes):
    image = np.random.default_rng(0).integers(0, 255, (*SIZE, 3), dtype=np.uint8)
    source = SampledFrames(
        root=Path("clip"), size_hw=SIZE, count=2, fps=None, windows=((image, image),), numbers=(0,)
    )  # fmt: skip
    motion = replace(motion_facts(source.windows, CAMERA), still=0.0)
    made = Diagnosis(
        source=source, motion=motion, regions=None, given=CAMERA, focal=None, stereo=None, refused="", clip=None
    )  # fmt: skip
    return replace(made, **changes)


def test_intrinsics_are_held_against_the_interval():
    seen = FocalEstimate(focal=200.0, low=180.0, high=220.0, num_pairs=9)
    wrong = Camera(fx=300, fy=300, cx=96, cy=72, size_hw=SIZE)
    assert diagnosis(given=replace(CAMERA, fx=190.0), focal=seen).findings == []
    assert "fx 300 px looks wrong: the motion fits a focal length of 200 px (180 to 220)" in diagnosis(
        given=wrong, focal=seen
    ).findings[0]  # fmt: skip
    assert diagnosis(given=None).findings == [
        "the motion does not tell the focal length: give the camera (a file, fx,fy,cx,cy or fov=DEGREES)"
    ]
    assert "is estimated: 200 px (180 to 220)" in diagnosis(given=None, focal=seen).findings[0]


def test_motion_and_stereo_are_worded():
    motion = replace(diagnosis().motion, still=0.6, exposure_jumps=0.2, cuts=2, readout=0.5, moving_objects=0.4)
    assert len(diagnosis(motion=motion).findings) == 5
    pair = StereoFacts(across_px=4.0, spread_px=0.5, disparity_px=-3.0, num_matches=100)
    first, second = diagnosis(stereo=pair).findings
    assert "+4.0 px lower" in first and "swapped" in second
    assert diagnosis(refused="no").findings == ["no"] and diagnosis().measured()["frames"] == 2
