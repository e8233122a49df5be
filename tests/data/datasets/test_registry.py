"""Every data set of the table keeps the contract of a Sequence[Sample]; wrong options name the right ones."""

from pathlib import Path

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.sample import Sample, Samples
from hondo.data.datasets.registry import DATASETS, open_dataset, origins_of
from hondo.data.layouts.layout_table import LAYOUTS

RENDERED = {"length": 2, "size_hw": (32, 48)}
OPTIONS = {
    "frames": {"sources": (-1, 1)},
    "rgbd": {},
    "synthetic": RENDERED | {"sources": (1,)},
    "synthetic-relative": RENDERED,
}

BATCHES = {"synthetic-pool"}  # an endless source of batches for training, not a sequence of samples
# Made of other data sets, or without labels; all are tested in tests/data/loading and tests/data/streaming.
ELSEWHERE = {"mix", "shards", "photos"}


def test_the_options_cover_the_table():
    assert set(OPTIONS) | BATCHES | ELSEWHERE | set(LAYOUTS) == set(
        DATASETS
    )  # layouts: tests/contracts/test_datasets.py


@pytest.mark.parametrize("name", OPTIONS)
def test_contract(name: str, clip: Path, pairs: Path):
    root = {"frames": clip, "rgbd": pairs}.get(name)
    samples = open_dataset(name, root=root, **OPTIONS[name])
    assert isinstance(samples, Samples) and len(samples) >= 2
    names = origins_of(samples)
    assert len(names) == len(samples) == len(set(names))
    for index in (0, len(samples) - 1):
        sample = samples[index]
        assert isinstance(sample, Sample) and sample.origin == names[index]
        assert sample.image.dtype == torch.float32 and 0 <= float(sample.image.min()) <= float(sample.image.max()) <= 1
        if sample.depth_gt is not None:
            assert sample.depth_gt.shape == sample.valid.shape == (1, *sample.image.shape[1:])
            assert bool((sample.depth_gt[sample.valid] > 0).all()) and bool(torch.isfinite(sample.depth_gt).all())
        assert all(view.image.shape == sample.image.shape for view in sample.sources)
    assert torch.equal(samples[0].image, samples[0].image)
    with pytest.raises(IndexError):
        samples[len(samples)]


def test_refusals(pairs: Path):
    with pytest.raises(HondoError, match="did you mean rgbd"):
        open_dataset("rgb", root=pairs)
    with pytest.raises(HondoError, match="give its folder as root"):
        open_dataset("rgbd")
    with pytest.raises(
        HondoError, match="has no option stride; it has every, max_depth, only, partner_orientation, root, size_hw"
    ):
        open_dataset("rgbd", root=pairs, stride=2, camera=None)


def test_origins_of_plain_lists():
    samples = [Sample(image=torch.zeros(3, 2, 2), origin=name) for name in "ab"]
    assert origins_of(samples) == ("a", "b")


def test_options_as_the_command_line_gives_them(clip: Path):
    samples = open_dataset("frames", root=clip, camera=(30, 30, 16, 10), only=0, sources=1)
    assert samples[0].camera.fx == 30 and samples[0].sources[0].role == 1
    for option, value in (("every", "two"), ("every", 1.5), ("divide_by", "mm"), ("start", (1, 2)), ("every", True)):
        with pytest.raises(HondoError, match=f"the option {option} must be"):
            open_dataset("frames", root=clip, **{option: value})
