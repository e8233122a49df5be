"""A stream with kept features gives what the model gives with the frames before."""

from functools import cache

import pytest
import torch

from hondo.models.base.feature_memory import FeatureMemory, keeps_features
from hondo.models.base.multi_frame import MultiFrameModel
from hondo.models.registry.build_model import build_model

K = torch.tensor([[[60.0, 0, 32], [0, 60, 32], [0, 0, 1]]])


@cache
def model() -> MultiFrameModel:
    torch.manual_seed(0)
    built = build_model("manydepth", weights="random", num_depths=8, size_hw=(64, 64))
    assert isinstance(built, MultiFrameModel)
    return built


@pytest.mark.parametrize("is_given", [False, True])
def test_kept_features_change_nothing(is_given: bool) -> None:
    images = torch.rand(3, 1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    T = torch.eye(4)[None, None].clone()
    T[..., 2, 3] = 0.1
    given, memory = (T if is_given else None), FeatureMemory(model())
    with torch.inference_mode():
        for number, image in enumerate(images):
            previous = images[number - 1][:, None] if number else None
            wanted = model()(image, previous, K, given if number else None)[0]
            torch.testing.assert_close(memory(image, K, given if number else None), wanted, atol=1e-5, rtol=1e-4)


def test_another_size_begins_anew_and_memory_is_bounded() -> None:
    memory = FeatureMemory(model())
    with torch.inference_mode():
        for _ in range(4):
            memory(torch.rand(1, 3, 64, 64), K)
        assert len(memory._past) == model().num_previous
        larger = torch.rand(1, 3, 64, 96)
        torch.testing.assert_close(memory(larger, K), model()(larger)[0])


def test_other_models_keep_none() -> None:
    assert keeps_features(model()) and not keeps_features(build_model("unet-light", weights="random"))
