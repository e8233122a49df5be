"""Teachers as one map: mirrored images, ensembles, another size."""

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind
from hondo.train.objectives.teachers import Teachers
from tests.train.conftest import tiny_model

IMAGE = torch.rand(2, 3, 32, 64, generator=torch.Generator().manual_seed(0))


def test_one_teacher_gives_its_map_and_the_mirrored_mean_is_symmetric() -> None:
    model = tiny_model()
    assert torch.equal(Teachers([model])(IMAGE), model.eval()(IMAGE)[0])
    symmetric = IMAGE + IMAGE.flip(-1)
    averaged = Teachers([model], flip=True)(symmetric / 2)
    assert torch.allclose(averaged, averaged.flip(-1), atol=1e-5)
    assert all(not weight.requires_grad for weight in model.parameters())


@pytest.mark.parametrize("kind", [DepthKind.SCALED_INVERSE_DEPTH, DepthKind.RELATIVE_INVERSE_DEPTH])
def test_an_ensemble_of_one_model_twice_is_that_model(kind: DepthKind) -> None:
    model, one = tiny_model(kind), None
    one = Teachers([model])(IMAGE)
    assert torch.allclose(Teachers([model, model])(IMAGE), one, rtol=1e-3, atol=1e-4)


def test_another_size_and_no_teacher() -> None:
    assert Teachers([tiny_model()], size_hw=(64, 128))(IMAGE).shape == (2, 1, 32, 64)
    with pytest.raises(HondoError, match="at least one teacher"):
        Teachers([])
