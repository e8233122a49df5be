"""The floors: what they see, and that the row plane fits a plane exactly."""

from pathlib import Path

import numpy as np
import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.sample import Sample
from hondo.core.types import DepthKind
from hondo.data.datasets.rgbd import Rgbd
from hondo.evaluate.accuracy.evaluation import evaluate_samples
from hondo.evaluate.accuracy.subject import BASELINES, ModelSettings, PredictionSettings, baseline_named, open_subject


def plane_sample() -> Sample:
    inverse = torch.linspace(0.1, 0.9, 20)[:, None].expand(20, 30)[None]
    valid = torch.rand(1, 20, 30, generator=torch.Generator().manual_seed(0)) < 0.3
    return Sample(image=torch.zeros(3, 20, 30), depth_gt=1 / inverse, valid=valid)


def test_row_plane_is_exact_on_a_plane():
    sample = plane_sample()
    found = BASELINES["floor:row-plane"](sample)
    assert found.kind is DepthKind.METRIC_INVERSE_DEPTH
    known = sample.valid[0].numpy()
    assert np.allclose(found.depth()[known], sample.depth_gt[0].numpy()[known], rtol=1e-5)


def test_row_plane_stays_positive():
    depth = torch.full((1, 20, 30), 100.0)
    depth[:, 15:] = 1.0
    sample = Sample(image=torch.zeros(3, 20, 30), depth_gt=depth, valid=torch.ones(1, 20, 30, dtype=torch.bool))
    assert (BASELINES["floor:row-plane"](sample).values > 0).all()


def test_constant_needs_alignment():
    found = BASELINES["floor:constant"](plane_sample())
    assert found.kind is DepthKind.SCALED_INVERSE_DEPTH and np.ptp(found.values) == 0


def test_floors_of_the_development_data(shared_data: Path):
    """The constants stated with the task: 0.347 on the KITTI queue, 0.265 ICL, 0.243 TUM."""
    for only, expected in (("icl", 0.265), ("tum", 0.243)):
        found = evaluate_samples(
            baseline_named("floor:constant"), Rgbd(shared_data, only=only), subject="", align="median"
        )
        assert found.mean().abs_rel == pytest.approx(expected, abs=5e-4)


def test_refusals():
    with pytest.raises(HondoError, match="did you mean floor:constant"):
        baseline_named("floor:constnt")
    with pytest.raises(HondoError, match="fitted to ground truth"):
        BASELINES["floor:row-plane"](Sample(image=torch.zeros(3, 4, 4)))


def opened(name: str, **options):
    settings = {"protocol": "dense", "model": ModelSettings(), "predictions": PredictionSettings()}
    return open_subject(name, **({"origins": ["a.jpg"]} | settings | options))


def test_files_of_others_say_how_they_are_read(tmp_path):
    np.save(tmp_path / "a.npy", np.ones((4, 6), np.float32))
    assert opened(str(tmp_path)).notes == (
        "files that do not say what they hold are read as metric_depth, PNG16 x 256",
    )
    assert "x 1000" in opened(str(tmp_path), protocol="nyu-eigen").notes[0]


def test_a_floor_needs_no_files():
    assert opened("floor:constant").name == "floor:constant"
    with pytest.raises(HondoError, match="row-plane"):
        opened("floor:row-plan")
