"""The first steps of runs that go wrong in a known way are explained, and drawn."""

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from hondo.core.errors import HondoError, HondoWarning
from hondo.core.sample import Sample, SourceView
from hondo.core.types import Camera, DepthKind, InputSpec
from hondo.data.loading.collate import collate
from hondo.geometry.focal_length import FocalEstimate
from hondo.images.read import read_image
from hondo.models.base.depth_model import DepthModel
from hondo.train.objectives.early_watch import EarlyWatch, explain, focal_remark
from hondo.train.objectives.objective_config import SelfSupervisedConfig
from hondo.train.objectives.self_supervised import SelfSupervised
from tests.mapping.doctor.conftest import CAMERA, rendered


class Ramp(nn.Module):
    """Inverse depth that grows downwards by ``slope`` of its mean of 0.5."""

    def __init__(self, slope):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(slope))

    def forward(self, image):
        rows = torch.linspace(-0.5, 0.5, image.shape[2])[:, None].expand(image.shape[2:])
        return [(0.5 * (1 + self.slope * rows)).expand(len(image), 1, -1, -1)]


def objective(slope=0.5):
    spec = InputSpec(size_hw=(48, 64), multiple_of=16)
    model = DepthModel(Ramp(slope), name="ramp", kind=DepthKind.SCALED_INVERSE_DEPTH, input_spec=spec)
    return SelfSupervised(model, SelfSupervisedConfig(pose="known"))


def samples(images, camera, *, sideways, apart=1):
    """Each image with the one ``apart`` before and after as sources; poses move by ``sideways``."""
    tensors = [torch.from_numpy(image).permute(2, 0, 1).float() / 255 for image in images]

    def view(number, offset):
        pose = torch.eye(4)
        pose[0, 3] = sideways * offset
        return SourceView(image=tensors[number + offset], role=offset, T_source_target=pose)

    return [
        Sample(image=tensors[number], camera=camera, sources=(view(number, -apart), view(number, apart)))
        for number in range(apart, len(tensors) - apart)
    ]


def complaints(watch, trained, steps):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", HondoWarning)
        for step in steps:
            watch(trained, step)
    return [str(each.message) for each in said]


@pytest.fixture(scope="module")
def walked():
    return rendered(count=14)


def test_a_flat_loss_and_a_pose_that_stands_still_are_explained(walked, tmp_path: Path):
    """K is half as long again as that of the renderer."""
    wrong = replace(CAMERA, fx=1.5 * CAMERA.fx, fy=1.5 * CAMERA.fy)
    watch = EarlyWatch(samples(walked, wrong, sideways=0.0, apart=3), tmp_path)
    said = complaints(watch, objective(), (0, 50, 200))
    assert len(said) == 2  # the pose at step 50 and not again
    assert "step 50: the pose is the identity: it moves pixels by 0.00 where the images move by" in said[0]
    assert "step 200: the loss is flat" in said[1] and "K looks wrong by about " in said[1]
    sheet = read_image(tmp_path / "reprojection-000200.jpg")
    assert sheet.shape[1] > 6 * 240 and (tmp_path / "reprojection-000050.jpg").exists()


def test_collapsed_disparity_is_named_and_a_sound_start_is_not(walked, tmp_path: Path):
    watch = EarlyWatch(samples(walked[:3], CAMERA, sideways=0.2), tmp_path)
    (said,) = complaints(watch, objective(slope=0.001), (0, 50))
    assert "disparity collapsed: the inverse depth of an image varies by 0.03%" in said
    assert complaints(watch, objective(), (50,)) == []


def test_the_state_of_training_is_left_as_it_is(walked):
    trained, batch = objective().train(), collate(samples(walked[:3], CAMERA, sideways=0.2))
    before = torch.random.get_rng_state()
    found = explain(trained, batch, scale=2.0)
    assert trained.training and torch.equal(before, torch.random.get_rng_state())
    assert float(found.depth.median()) == pytest.approx(4.0, rel=0.05)
    assert found.photometric > 0 and found.unwarped > 0


@pytest.mark.parametrize(
    ("fx", "says"), [(200.0, "K fits"), (240.0, "K looks wrong by about 20%: a focal length of 200 px (190 to 210)")]
)
def test_the_focal_length_given_is_held_against_what_is_seen(fx, says):
    camera = Camera(fx=fx, fy=fx, cx=96, cy=72, size_hw=(144, 192))
    assert says in focal_remark(FocalEstimate(focal=200.0, low=190.0, high=210.0, num_pairs=5), camera)
    assert "explain nothing" in focal_remark(None, camera)


def test_samples_without_sources_are_refused(tmp_path: Path):
    with pytest.raises(HondoError, match="source views and intrinsics"):
        EarlyWatch([Sample(image=torch.zeros(3, 32, 32))], tmp_path)
    assert np.isfinite(objective().model(torch.zeros(1, 3, 48, 64))[0].detach().numpy()).all()
