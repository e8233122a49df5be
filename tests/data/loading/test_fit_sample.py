"""Fitting keeps the aspect, centres, pads, and lets camera and depth follow."""

import numpy as np
import pytest
import torch

from hondo.core.sample import Sample, SourceView
from hondo.core.truth_kind import TruthKind
from hondo.core.types import Camera
from hondo.data.loading.fit_sample import fit_sample, image_tensor
from hondo.images.placement import place_into, to_network


@pytest.mark.parametrize(
    ("image_hw", "size_hw", "scaled_hw"),
    [
        ((480, 640), (192, 640), (192, 256)),
        ((375, 1242), (192, 640), (192, 640)),  # the aspects are alike: the image fills the size
        ((100, 10), (50, 50), (50, 5)),
        ((1000, 3), (10, 10), (10, 1)),
        ((20, 32), (40, 64), (40, 64)),
    ],
)
def test_sizes(image_hw, size_hw, scaled_hw):
    fit = place_into(image_hw, size_hw)
    assert fit.content_hw == scaled_hw
    assert 0 <= fit.top <= size_hw[0] - scaled_hw[0] and 0 <= fit.left <= size_hw[1] - scaled_hw[1]


def test_projection_follows_the_image():
    """A bright dot stays where the camera projects its point."""
    camera = Camera(fx=50, fy=50, cx=30, cy=22, size_hw=(40, 60))
    image = torch.zeros(3, 40, 60)
    image[:, 10:14, 40:44] = 1  # centre (42, 12)
    fitted = fit_sample(Sample(image=image, camera=camera), (80, 200))
    ray = np.linalg.inv(camera.K) @ (42, 12, 1)
    x, y, _ = fitted.camera.K @ ray
    shown = fitted.image[0].clone()
    shown[:, :40] = shown[:, 160:] = 0  # the padding mirrors the dot
    weight = shown / shown.sum()
    rows, columns = torch.arange(80) + 0.5, torch.arange(200) + 0.5
    assert float((weight.sum(0) * columns).sum()) == pytest.approx(x, abs=0.05)
    assert float((weight.sum(1) * rows).sum()) == pytest.approx(y, abs=0.05)


def test_depth_is_never_mixed_and_padding_is_not_valid():
    depth = torch.ones(1, 40, 60)
    depth[:, :, 30:] = 9
    valid = torch.ones(1, 40, 60, dtype=torch.bool)
    fitted = fit_sample(Sample(image=torch.rand(3, 40, 60), depth_gt=depth, valid=valid), (20, 50))
    known = fitted.depth_gt[fitted.valid]
    assert set(known.tolist()) == {1.0, 9.0} and int(fitted.valid.sum()) == 20 * 30


def test_views_are_fitted_too_and_the_same_size_is_left_alone():
    sample = Sample(image=torch.rand(3, 40, 60), sources=(SourceView(image=torch.rand(3, 40, 60), role=1),))
    assert fit_sample(sample, (40, 60)) is sample and fit_sample(sample, None) is sample
    fitted = fit_sample(sample, (32, 32))
    assert fitted.sources[0].image.shape == fitted.image.shape == (3, 32, 32)
    assert float(fitted.image.min()) >= 0 and float(fitted.image.max()) <= 1


@pytest.mark.parametrize("size_hw", [(48, 64), (40, 80), (192, 256)])
def test_a_sample_is_what_a_predictor_shows_its_network(size_hw):
    image = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    fitted = fit_sample(Sample(image=image_tensor(torch.from_numpy(image))), size_hw).image
    served = torch.from_numpy(to_network(image, place_into((96, 128), size_hw)))[0]
    assert (fitted - served).abs().max() <= 1.01 / 255  # serving rounds to uint8 once more


def test_pairs_follow_the_image():
    pairs = torch.tensor([[0.5, 0.5, 59.5, 39.5, -1.0]])
    fitted = fit_sample(Sample(image=torch.rand(3, 40, 60), pairs=pairs, truth=TruthKind.ORDINAL), (80, 200))
    assert fitted.pairs.tolist() == [[41.0, 1.0, 159.0, 79.0, -1.0]]  # enlarged twice, 40 columns of padding


def test_measured_depth_is_fitted_like_labels():
    depth, valid = torch.rand(1, 40, 60), torch.rand(1, 40, 60) > 0.5
    known = {"depth_gt": depth, "valid": valid, "measured": depth, "is_measured": valid}
    fitted = fit_sample(Sample(image=torch.rand(3, 40, 60), **known), (20, 50))
    assert torch.equal(fitted.measured, fitted.depth_gt) and torch.equal(fitted.is_measured, fitted.valid)
