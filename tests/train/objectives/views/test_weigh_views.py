"""Terms and masks by the config, on rendered views with their true depth and motion."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind, InputSpec
from hondo.data.loading.collate import collate
from hondo.losses.views.view_terms import VIEW_TERMS
from hondo.models.base.depth_model import DepthModel
from hondo.synthetic.scenes import SyntheticScenes
from hondo.train.objectives.objective_config import SelfSupervisedConfig
from hondo.train.objectives.self_supervised import SelfSupervised
from hondo.train.objectives.views.view_values import ViewValues
from hondo.train.objectives.views.weigh_views import pixel_weight

KNOWN = SelfSupervisedConfig(pose="known", mask_outside=True, smoothness=0.0, auto_mask=False)
OPTIONS = {"camera_height.metres": 1.5}
ROLES = {"left_right": (-1, "stereo")}
TERMS = [name for name in VIEW_TERMS if name != "depth_hints"]  # which needs a rectified pair: test_view_values


class Told(nn.Module):
    """Answers each image that it was told of with its depth."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.ModuleList([nn.Conv2d(3, 4, 3, stride=4)])
        self.encoder.forward = lambda image: [self.encoder[0](image)]
        self.depths = {}

    def tell(self, images, depths):
        for image, depth in zip(images, depths, strict=True):
            self.depths[float(image.double().sum())] = depth

    def forward(self, image):
        return torch.stack([self.depths[float(each.double().sum())] for each in image])


@pytest.fixture(scope="module")
def batch():
    samples = SyntheticScenes(length=2, seed=5, size_hw=(64, 96), sources=(-1, 1), worlds={"room": 1.0})
    return collate([samples[0], samples[1]])


def told_model(batch, *, factor=1.0):
    torch.manual_seed(0)
    network = Told()
    network.tell(batch.image, batch.depth_gt * factor)
    network.tell(batch.source_images.flatten(0, 1), batch.depth_gt.repeat_interleave(2, 0) * factor)
    spec = InputSpec(size_hw=(64, 96), multiple_of=32)
    return DepthModel(network, name="told", kind=DepthKind.METRIC_DEPTH, input_spec=spec)


@pytest.mark.parametrize("name", TERMS)
def test_any_term_joins_the_photometric_error_with_its_weight(batch, name):
    parts = []
    for weight in (1.0, 2.0, 0.0):
        config = replace(KNOWN, view_terms={name: weight, "velocity": weight}, view_options=OPTIONS)
        options = config.view_options if name == "camera_height" else {}
        objective = SelfSupervised(told_model(batch), replace(config, view_options=options))
        parts.append(objective(replace(batch, source_roles=ROLES.get(name, batch.source_roles)))[1])
    assert parts[0][name].isfinite() and name not in parts[2]
    torch.testing.assert_close(parts[1][name], 2 * parts[0][name])
    torch.testing.assert_close(parts[1]["photometric"], parts[2]["photometric"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"view_terms": {"velocities": 1.0}}, "velocity"),
        ({"view_terms": {"camera_height": 1.0}}, "camera_height.metres=METRES"),
        ({"view_terms": {"velocity": 1.0}, "view_options": OPTIONS}, "camera_height.metres"),
    ],
)
def test_refuses_what_no_term_knows(batch, given, message):
    with pytest.raises(HondoError, match=message):
        SelfSupervised(told_model(batch), replace(KNOWN, **given))


def with_moving_object(batch):
    """A square of the first source's image lies where camera motion does not put it."""
    sources = batch.source_images.clone()
    sources[:, :, :, 20:40, 30:60] = sources[:, :, :, 20:40, 20:50].clone()
    return replace(batch, source_images=sources)


def values_of(batch):
    T = list(batch.T_source_target.unbind(1))
    return ViewValues(batch, batch.depth_gt, T, model=told_model(batch))


def test_flow_mask_drops_what_moves_by_itself(batch):
    config = replace(KNOWN, view_masks=("flow",))
    still, moving = (pixel_weight(values_of(each), config) for each in (batch, with_moving_object(batch)))
    assert still.mean() > 0.97
    assert moving[..., 24:36, 36:54].mean() < 0.6 < 0.9 < moving[..., 44:, :].mean()


def test_geometry_mask_weakens_pixels_whose_depths_disagree(batch):
    config = replace(KNOWN, view_masks=("geometry",))
    values = values_of(batch)
    values.__dict__["depth_source"] = batch.depth_gt[:, None].expand(-1, 2, -1, -1, -1) * 3
    assert pixel_weight(values, config).mean() < 0.7
    assert pixel_weight(values, KNOWN) is None


def test_distances_come_from_speeds_or_from_known_poses(batch):
    metres = torch.full((2, 2), 0.5)
    assert values_of(replace(batch, distance=metres))["distance"] is metres
    torch.testing.assert_close(values_of(batch)["distance"], batch.T_source_target[..., :3, 3].norm(dim=-1))
    values = values_of(batch)
    values.batch = replace(batch, T_source_target=None)
    with pytest.raises(HondoError, match=r"track\.csv"):
        values["distance"]
