"""A sample refuses what does not belong together."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.sample import Batch, Sample, SourceView
from hondo.core.truth_kind import TruthKind
from hondo.core.types import Camera

IMAGE = torch.zeros(3, 4, 6)
CAMERA = Camera.from_fov(60, size_hw=(4, 6))


def test_a_full_sample() -> None:
    source = SourceView(image=IMAGE, role=-1, T_source_target=torch.eye(4))
    stereo = SourceView(image=IMAGE, role="stereo", camera=CAMERA)
    valid = torch.ones(1, 4, 6, dtype=torch.bool)
    sample = Sample(image=IMAGE, camera=CAMERA, depth_gt=torch.ones(1, 4, 6), valid=valid, sources=(source, stereo))
    assert [view.role for view in sample.sources] == [-1, "stereo"]


def test_a_image_alone_is_a_sample() -> None:
    sample = Sample(image=IMAGE)
    assert sample.camera is None and sample.depth_gt is None and sample.sources == ()
    assert Batch(image=IMAGE[None]).K is None


def test_a_camera_of_another_size_is_refused() -> None:
    with pytest.raises(HondoError, match=r"room/7\.jpg: camera is of a \(8, 12\) image, the image is \(4, 6\)"):
        Sample(image=IMAGE, camera=CAMERA.resized((8, 12)), origin="room/7.jpg")


def test_depth_without_its_mask_is_refused() -> None:
    with pytest.raises(HondoError, match="come together"):
        Sample(image=IMAGE, depth_gt=torch.ones(1, 4, 6))
    with pytest.raises(HondoError, match="come together"):
        Sample(image=IMAGE, valid=torch.ones(1, 4, 6, dtype=torch.bool))


def test_ordinal_truth_is_pairs_alone() -> None:
    pairs = torch.tensor([[0.5, 0.5, 2.5, 1.5, 1.0]])
    assert Sample(image=IMAGE, truth=TruthKind.ORDINAL, pairs=pairs).depth_gt is None
    known = {"depth_gt": torch.ones(1, 4, 6), "valid": torch.ones(1, 4, 6, dtype=torch.bool)}
    assert Sample(image=IMAGE, pairs=pairs, **known).truth is TruthKind.METRIC  # a metric map may come with pairs
    for given in ({}, {"pairs": pairs} | known):
        with pytest.raises(HondoError, match="pairs of points"):
            Sample(image=IMAGE, truth=TruthKind.ORDINAL, **given)
