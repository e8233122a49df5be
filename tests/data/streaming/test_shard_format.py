"""A sample in a tar piece and back: exact, and what is damaged is refused."""

import io
import tarfile
from dataclasses import replace

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.sample import Sample, SourceView
from hondo.core.truth_kind import TruthKind
from hondo.core.types import Camera
from hondo.data.streaming.shard_format import pack_sample, unpack_sample

CAMERA = Camera(fx=30.5, fy=31, cx=16, cy=10, size_hw=(20, 32))


def eight_bits(seed):
    return torch.randint(0, 256, (3, 20, 32), generator=torch.Generator().manual_seed(seed)).float() / 255


def full() -> Sample:
    depth = 1 + 70 * torch.rand(1, 20, 32, generator=torch.Generator().manual_seed(2))
    valid = torch.rand(1, 20, 32, generator=torch.Generator().manual_seed(3)) > 0.5
    views = (
        SourceView(image=eight_bits(4), role=-1, T_source_target=torch.eye(4) * 0.3),
        SourceView(image=eight_bits(5), role="stereo", camera=CAMERA.flipped()),
    )
    known = {"depth_gt": torch.where(valid, depth, 0), "valid": valid, "truth": TruthKind.UP_TO_SCALE}
    pairs = torch.tensor([[0.5, 1.5, 3.25, 4.5, -1.0]])
    known |= {"measured": torch.where(~valid, depth, 0), "is_measured": ~valid}
    return Sample(image=eight_bits(1), camera=CAMERA, sources=views, pairs=pairs, origin="a/b.png", **known)


def test_there_and_back_is_exact():
    before, after = full(), unpack_sample(pack_sample(full(), "7"), where="here")
    for name in ("image", "depth_gt", "valid", "pairs", "measured", "is_measured"):
        torch.testing.assert_close(getattr(after, name), getattr(before, name), rtol=0, atol=0)
    assert (after.camera, after.truth, after.origin) == (before.camera, before.truth, before.origin)
    for one, other in zip(after.sources, before.sources, strict=True):
        assert one.role == other.role and one.camera == other.camera and torch.equal(one.image, other.image)
    assert torch.equal(after.sources[0].T_source_target, before.sources[0].T_source_target)
    assert after.sources[1].T_source_target is None


def test_an_image_alone_and_ordinal_truth():
    alone = unpack_sample(pack_sample(Sample(image=eight_bits(1)), "0"), where="here")
    assert alone.depth_gt is None and alone.camera is None and alone.sources == () and alone.pairs is None
    ordinal = replace(full(), depth_gt=None, valid=None, truth=TruthKind.ORDINAL)
    assert unpack_sample(pack_sample(ordinal, "0"), where="here").truth is TruthKind.ORDINAL


def test_jpeg_is_smaller_and_near():
    smooth = replace(full(), image=torch.linspace(0, 1, 32).expand(3, 20, 32), sources=())
    piece = pack_sample(smooth, "0", quality=90)
    assert (unpack_sample(piece, where="here").image - smooth.image).abs().max() < 0.02


def test_it_is_a_piece_of_a_tar_archive_that_webdataset_can_read():
    piece = pack_sample(full(), "00000007")
    with tarfile.open(fileobj=io.BytesIO(piece + bytes(1024))) as tar:
        names = tar.getnames()
    endings = ["json", "image.png", "source0.png", "source1.png", "depth.npz", "measured.npz"]
    assert names == [f"00000007.{ending}" for ending in endings] and len(piece) % 512 == 0


@pytest.mark.parametrize("spoil", [lambda piece: piece[:700], lambda piece: b"", lambda piece: bytes(4096)])
def test_damage_is_named(spoil):
    with pytest.raises(HondoError, match="shard 3 is damaged"):
        unpack_sample(spoil(pack_sample(full(), "0")), where="shard 3")
