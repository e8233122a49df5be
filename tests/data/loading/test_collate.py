"""Batches: stacked in order, optional fields only where all have them, mixed samples refused."""

from dataclasses import replace

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.sample import Sample, SourceView
from hondo.core.truth_kind import TruthKind
from hondo.core.types import Camera
from hondo.data.loading.collate import collate

CAMERA = Camera(fx=30, fy=31, cx=16, cy=10, size_hw=(20, 32))


def sample(value: float, **changes: object) -> Sample:
    views = tuple(
        SourceView(image=torch.full((3, 20, 32), value + role), role=role, T_source_target=torch.eye(4) * role)
        for role in (-1, 1)
    )
    full = Sample(
        image=torch.full((3, 20, 32), value),
        camera=CAMERA,
        depth_gt=torch.full((1, 20, 32), value),
        valid=torch.ones((1, 20, 32), dtype=torch.bool),
        sources=views,
        origin=f"image {value}",
    )
    return replace(full, **changes)


def test_everything_is_stacked():
    batch = collate([sample(0.0), sample(1.0)])
    assert batch.image.shape == (2, 3, 20, 32) and batch.image[1].unique() == 1
    assert torch.equal(batch.K, torch.from_numpy(CAMERA.K).float().expand(2, 3, 3))
    assert batch.depth_gt.shape == (2, 1, 20, 32) and batch.valid.dtype == torch.bool
    assert batch.source_images.shape == (2, 2, 3, 20, 32) and batch.source_roles == (-1, 1)
    assert batch.source_images[1, 0].unique() == 0 and batch.T_source_target[1, 0, 0, 0] == -1
    assert torch.equal(batch.source_K[:, 0], batch.K) and batch.origins == ("image 0.0", "image 1.0")


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"camera": None}, ("K", "source_K")),
        ({"depth_gt": None, "valid": None}, ("depth_gt", "valid")),
    ],
)
def test_a_field_one_sample_lacks_is_left_out(changes: dict, missing: tuple[str, ...]):
    batch = collate([sample(0.0), sample(1.0, **changes)])
    assert all(getattr(batch, name) is None for name in missing)
    assert batch.source_images is not None


def test_unknown_poses_and_own_cameras():
    one = sample(0.0)
    views = (one.sources[0], replace(one.sources[1], T_source_target=None, camera=CAMERA.flipped()))
    batch = collate([replace(one, sources=views)])
    assert batch.T_source_target is None
    assert float(batch.source_K[0, 1, 0, 2]) == 32 - 16 and float(batch.source_K[0, 0, 0, 2]) == 16
    assert collate([replace(one, sources=())]).source_images is None


def test_refusals():
    with pytest.raises(HondoError, match="at least one"):
        collate([])
    small = Sample(image=torch.zeros(3, 8, 8), origin="small.png")
    with pytest.raises(HondoError, match=r"image 0.0 is 20x32, small.png is 8x8.*size_hw"):
        collate([sample(0.0), small])
    with pytest.raises(HondoError, match="same source views"):
        collate([sample(0.0), sample(1.0, sources=())])


def test_pairs_are_filled_up_with_nan_and_kinds_are_kept():
    pairs = torch.tensor([[0.5, 0.5, 2.5, 1.5, 1.0], [1.5, 0.5, 2.5, 1.5, -1.0]])
    ordinal = replace(sample(1.0), depth_gt=None, valid=None, pairs=pairs, truth=TruthKind.ORDINAL)
    batch = collate([sample(0.0), ordinal, replace(ordinal, pairs=pairs[:1])])
    assert batch.truths == (TruthKind.METRIC, TruthKind.ORDINAL, TruthKind.ORDINAL)
    assert torch.equal(batch.pairs[1], pairs) and torch.equal(batch.pairs[2, 0], pairs[0])
    assert batch.pairs[0].isnan().all() and batch.pairs[2, 1].isnan().all()
    assert collate([sample(0.0)]).pairs is None


def test_ordinal_truth_stands_beside_maps():
    pairs = torch.tensor([[0.5, 0.5, 2.5, 1.5, 1.0]])
    ordinal = replace(sample(1.0), depth_gt=None, valid=None, pairs=pairs, truth=TruthKind.ORDINAL)
    batch = collate([sample(0.5), ordinal])
    assert batch.valid.dtype == torch.bool and batch.valid[0].all() and not batch.valid[1].any()
    assert batch.depth_gt[0].unique() == 0.5 and collate([ordinal]).depth_gt is None
