"""Manifests: what is read, what is chosen, and rows that do not fit."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from hondo.core.errors import HondoError, HondoWarning
from hondo.core.sample import Sample
from hondo.data.datasets.rgbd import Rgbd, write_rgbd


def test_reads_images_and_metres_exactly(pairs: Path):
    samples = Rgbd(pairs)
    sample = samples[0]
    image = cv2.imread(str(pairs / "0.png"))[:, :, ::-1]
    stored = cv2.imread(str(pairs / "0_depth.png"), cv2.IMREAD_UNCHANGED)
    assert (np.rint(sample.image.permute(1, 2, 0).numpy() * 255) == image).all()
    assert (sample.valid[0].numpy() == (stored > 0)).all()
    assert np.array_equal(sample.depth_gt[0].numpy(), (stored / 1000).astype(np.float32))
    assert sample.camera is not None and sample.camera.fx == 30 and sample.camera.size_hw == (20, 32)
    assert sample.origin == samples.origins[0] == str(pairs / "0.png")
    assert samples[2].camera is None


def test_choosing_rows(pairs: Path):
    assert len(Rgbd(pairs)) == len(Rgbd(pairs / "manifest.csv")) == 3
    assert [Path(origin).stem for origin in Rgbd(pairs, only="driving").origins] == ["1", "2"]
    assert len(Rgbd(pairs, only="indoor_0")) == 1
    assert [Path(origin).stem for origin in Rgbd(pairs, every=2).origins] == ["0", "2"]


def test_one_size_for_all(pairs: Path):
    samples = Rgbd(pairs, size_hw=(40, 64))
    assert all(sample.image.shape == (3, 40, 64) for sample in samples)
    assert samples[0].camera == Rgbd(pairs)[0].camera.resized((40, 64))
    wide = samples[2]  # 30x24 becomes 40x32 in the middle
    assert not wide.valid[..., :16].any() and not wide.valid[..., 48:].any() and wide.valid[..., 16:48].any()


def test_the_development_data(shared_data: Path):
    samples = Rgbd(shared_data)
    assert len(samples) == 585
    for index in (0, 500, 583):
        sample = samples[index]
        assert sample.depth_gt.shape == sample.valid.shape and 0.001 < float(sample.valid.float().mean()) <= 1


def rewrite(pairs: Path, row: int, **changes: str) -> Path:
    """Row 1 is the first below the head line."""
    manifest = pairs / "manifest.csv"
    lines = manifest.read_text().splitlines()
    names, values = lines[0].split(","), lines[row].split(",")
    values = [changes.get(name, value) for name, value in zip(names, values, strict=True)]
    lines[row] = ",".join(values)
    manifest.write_text("\n".join(lines))
    return pairs


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"divide_by": "0"}, "row 2: divide_by is 0; it must be positive"),
        ({"divide_by": "mm"}, "row 2: divide_by is 'mm', not a number"),
        ({"fx": "nan"}, "row 2: fx is nan"),
        ({"fx": "0"}, "row 2: fx is 0 and fy is 30"),
        ({"depth": ""}, "row 2: image or depth is empty"),
        ({"domain": "a,b"}, "row 2: it has not as many values"),
    ],
)
def test_wrong_rows_are_refused_at_once(pairs: Path, changes: dict[str, str], says: str):
    with pytest.raises(HondoError, match=says):
        Rgbd(rewrite(pairs, 2, **changes))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"depth": "2_depth.png"}, r"row 1 .*the image is 32x20 but its depth map 24x30"),
        ({"width": "64"}, r"row 1 .*the manifest says 64x20"),
        ({"cx": "100"}, r"row 1 .*principal point"),
        ({"image": "gone.png"}, r"row 1 .*gone.png"),
        ({"depth": "0.png"}, r"row 1 .*not a depth file"),
    ],
)
def test_rows_that_do_not_fit_their_files(pairs: Path, changes: dict[str, str], says: str):
    samples = Rgbd(rewrite(pairs, 1, **changes))
    assert torch.is_tensor(samples[1].image)
    with pytest.raises(HondoError, match=says):
        samples[0]


def test_manifests_that_are_none(pairs: Path, tmp_path: Path):
    with pytest.raises(HondoError, match="no manifest there"):
        Rgbd(tmp_path)
    with pytest.raises(HondoError, match="no rows of domain or id prefix 'moon'"):
        Rgbd(pairs, only="moon")
    (tmp_path / "other.csv").write_text("picture,depth\na,b\n")
    with pytest.raises(HondoError, match="column image, divide_by is missing"):
        Rgbd(tmp_path / "other.csv")
    with pytest.raises(HondoError, match="every must be 1"):
        Rgbd(pairs, every=0)


def test_round_trip(pairs: Path, tmp_path: Path):
    samples = Rgbd(pairs)
    manifest = write_rgbd(samples, tmp_path / "out", domain="copy")
    again = Rgbd(manifest, only="copy")
    for before, after in zip(samples, again, strict=True):
        assert torch.equal(before.image, after.image) and torch.equal(before.valid, after.valid)
        assert torch.allclose(before.depth_gt, after.depth_gt, atol=0.5 / 256 + 1e-6)
        assert before.camera == after.camera


def test_too_far_is_unknown(tmp_path: Path):
    depth = torch.full((1, 4, 4), 10.0)
    depth[0, 0] = 1000.0
    sample = Sample(image=torch.rand(3, 4, 4), depth_gt=depth, valid=torch.ones(1, 4, 4, dtype=torch.bool))
    after = Rgbd(write_rgbd([sample], tmp_path))[0]
    assert not after.valid[0, 0].any() and after.valid[0, 1:].all()
    with pytest.raises(HondoError, match="no depth to write"):
        write_rgbd([replace(sample, depth_gt=None, valid=None)], tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_manifests_of_windows(pairs: Path, encoding: str, separator: str) -> None:
    rows = ["image,depth,divide_by", ".\\0.png,.\\0_depth.png,1000", "1.png,1_depth.png,1000"]
    text = "\r\n".join(row.replace(",", separator) for row in rows)
    (pairs / "windows.csv").write_bytes(text.encode(encoding))
    expected, samples = Rgbd(pairs), Rgbd(pairs / "windows.csv")
    assert len(samples) == 2
    for index in range(2):
        assert torch.equal(samples[index].image, expected[index].image)
        assert torch.equal(samples[index].depth_gt, expected[index].depth_gt)


def test_semicolons_come_with_decimal_commas(pairs: Path) -> None:
    (pairs / "excel.csv").write_text("image;depth;divide_by;fx;fy;cx;cy\n0.png;0_depth.png;1000,5;30,25;30;16;10\n")
    pair = Rgbd(pairs / "excel.csv").pairs[0]
    assert (pair.divide_by, pair.fx, pair.cx) == (1000.5, 30.25, 16)


def test_a_manifest_of_another_encoding_or_kind_is_one_line(pairs: Path) -> None:
    (pairs / "latin.csv").write_bytes("image,depth,divide_by\nKüche.png,d.png,1\n".encode("latin-1"))
    with pytest.raises(HondoError, match=r"latin\.csv line 2: .* save the file as UTF-8"):
        Rgbd(pairs / "latin.csv")
    (pairs / "labeled.mat").write_bytes(b"MATLAB 7.3 MAT-file".ljust(512, b"\0") + bytes(range(128, 256)))
    with pytest.raises(HondoError, match=r"labeled\.mat is MATLAB"):
        Rgbd(pairs / "labeled.mat")


def test_comments_before_the_head_line(pairs: Path) -> None:
    path = pairs / "manifest.csv"
    rows = len(Rgbd(pairs))
    path.write_text(f"# made by us\n\n#units: mm\n{path.read_text()}")
    assert len(Rgbd(pairs)) == rows


def test_nothing_there_is_unknown_and_said(pairs: Path) -> None:
    depth = cv2.imread(str(pairs / "0_depth.png"), cv2.IMREAD_UNCHANGED)
    depth[10:] = 65535
    cv2.imwrite(str(pairs / "0_depth.png"), depth)
    with pytest.warns(HondoWarning, match=r"hold 65\.535 m where nothing is"):
        sample = Rgbd(pairs)[0]
    assert not sample.valid[0, 10:].any() and sample.valid[0, 3:10].all()
    assert "taken as unknown" in sample.remarks[0]
    kept = Rgbd(pairs, max_depth=float("inf"))[0]
    assert kept.valid[0, 10:].all() and kept.remarks == ()
    assert float(Rgbd(pairs, max_depth=5)[0].depth_gt.max()) <= 5
