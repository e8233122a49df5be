"""What a check finds: counts and ranges, broken rows as errors, odd ones as remarks."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from hondo.core.errors import HondoError, HondoWarning
from hondo.core.sample import Sample
from hondo.core.truth_kind import TruthKind
from hondo.core.types import Camera
from hondo.data.datasets.clip import Frames
from hondo.data.datasets.dataset_check import check_dataset, describe
from hondo.data.datasets.rgbd import Rgbd


def test_a_good_data_set(pairs: Path, clip: Path):
    found = check_dataset(Rgbd(pairs))
    assert found.num_samples == found.num_with_depth == 3 and found.num_with_camera == 2 and not found.findings
    assert found.sizes == ((20, 32), (30, 24))
    assert found.min_m >= 0.5 and found.max_m <= 9 and 3 < found.median_m < 7
    moving = check_dataset(Frames(clip, sources=(-1, 1)))
    assert moving.num_with_pose == 4 and moving.num_with_depth == 2


def test_broken_and_odd_samples(pairs: Path):
    (pairs / "0.png").write_bytes(b"")
    cv2.imwrite(str(pairs / "1_depth.png"), np.full((20, 32), 20, dtype=np.uint16))
    cv2.imwrite(str(pairs / "2_depth.png"), np.zeros((30, 24), dtype=np.uint16))
    found = check_dataset(Rgbd(pairs))
    assert len(found.errors) == 1 and "row 1" in found.errors[0].says
    remarks = {Path(finding.origin).stem: finding.says for finding in found.findings if not finding.is_error}
    assert "is divide_by right" in remarks["1"] and "depth map is empty" in remarks["2"]


@pytest.mark.parametrize(
    ("sample", "says"),
    [
        (Sample(image=torch.zeros(3, 8, 8)), "one colour"),
        (
            Sample(image=torch.rand(3, 40, 80), camera=Camera(fx=50, fy=50, cx=20, cy=20, size_hw=(40, 80))),
            "intrinsics of another size",
        ),
        (
            Sample(
                image=torch.rand(3, 40, 80),
                depth_gt=torch.ones(1, 40, 80),
                valid=torch.arange(3200).reshape(1, 40, 80) < 3,
            ),
            "only 0.09% of the depth map",
        ),
    ],
)
def test_remarks(sample: Sample, says: str):
    assert says in check_dataset([sample]).findings[0].says


def test_nothing_with_depth():
    found = check_dataset([Sample(image=torch.rand(3, 8, 8))])
    assert found.median_m is None and found.num_with_depth == 0


def test_a_folder_says_what_it_is(pairs: Path, clip: Path, tmp_path: Path):
    assert describe(pairs).dataset == describe(pairs / "manifest.csv").dataset == "rgbd"
    found = describe(clip)
    assert found.dataset == "frames"
    assert found.says == f"images in {clip / 'images'}, depth in depth, intrinsics in K.txt, poses in poses.txt"
    assert describe(clip / "images").says == f"images in {clip / 'images'}, nothing else"
    (tmp_path / "labeled.mat").write_bytes(b"MATLAB 7.3 MAT-file".ljust(600, b"\0"))
    assert describe(tmp_path / "labeled.mat").dataset == describe(tmp_path / "nowhere").dataset == "rgbd"


def test_remarks_of_the_reader_are_shown(pairs: Path):
    depth = np.full((20, 32), 1500, np.uint16)
    depth[10:] = 65535
    cv2.imwrite(str(pairs / "0_depth.png"), depth)
    with pytest.warns(HondoWarning):
        found = check_dataset(Rgbd(pairs))
    assert "65.535 m at 50.0% of the pixels is taken as unknown (nothing there); max_depth" in found.findings[0].says


def test_a_file_says_what_it_is(clip: Path, tmp_path: Path):
    image = next((clip / "images").iterdir())
    assert describe(image).dataset == "" and describe(image).says.startswith("an image of ")
    np.save(tmp_path / "d.npy", np.array([[2.0, np.nan], [4.0, 4.0]]))
    assert describe(tmp_path / "d.npy").says == (
        "a depth map of 2x2 (width x height), values 2 to 4 as stored, at 75.0% of it"
    )
    cv2.imwrite(str(tmp_path / "d.png"), np.full((4, 6), 700, np.uint16))
    assert describe(tmp_path / "d.png").says.startswith("a depth map of 6x4 (width x height), values 700 to 700")
    (tmp_path / "pairs.csv").write_text("IMAGE,DEPTH,DIVIDE_BY\na.png,d.png,1000\n")  # FFmpeg reads it as a film
    assert describe(tmp_path / "pairs.csv").dataset == "rgbd"


def test_poses_count_without_source_views(clip: Path):
    found = check_dataset(Frames(clip, with_depth=False))
    assert found.num_with_pose == found.num_samples == 6 and found.divide_by == 1000


def test_depth_maps_taken_for_images_are_named(tmp_path: Path):
    for index in range(3):
        cv2.imwrite(str(tmp_path / f"{index}.png"), np.full((20, 32), 100 * index + 1, np.uint16))
    says = [finding.says for finding in check_dataset(Frames(tmp_path)).findings]
    assert "3 of 3 images have one channel of 16 bits or floats: are they depth maps?" in says
    assert "the image has one colour" in says and len(says) == 2  # of three images, said once
    with pytest.raises(HondoError, match=r"no images .*; it holds 1 \.npy"):
        (tmp_path / "n").mkdir()
        np.save(tmp_path / "n/0.npy", np.ones((4, 4)))
        Frames(tmp_path / "n")


def test_a_lone_farthest_value_is_asked_about():
    depth = torch.full((1, 40, 80), 3.0)
    depth[:, ::2, ::3], depth[:, :10] = 6.0, 80.0
    sample = Sample(image=torch.rand(3, 40, 80), depth_gt=depth, valid=depth > 0)
    (found,) = check_dataset([sample]).findings
    assert found.says == (
        "25% of the known pixels hold exactly 80 m, far beyond all others: nothing there? max_depth=6 states it"
    )


def test_labels_without_a_unit_have_no_odd_metres():
    depth = torch.full((1, 8, 8), 1e4)
    image = torch.rand(3, 8, 8)
    metric = Sample(image=image, depth_gt=depth, valid=depth > 0, origin="a")
    relative = replace(metric, truth=TruthKind.UP_TO_SCALE, origin="b")
    ordinal = Sample(image=image, truth=TruthKind.ORDINAL, pairs=torch.zeros(1, 5), origin="c")
    found = check_dataset([metric, relative, ordinal])
    assert found.truths == (TruthKind.METRIC, TruthKind.UP_TO_SCALE, TruthKind.ORDINAL)
    assert {finding.origin for finding in found.findings} == {"a"}


def test_folders_that_are_no_clip_say_what_they_are(tmp_path: Path):
    for index, side in enumerate((20, 24, 28)):
        cv2.imwrite(str(tmp_path / f"{index}.png"), np.zeros((side, 32, 3), np.uint8))
    found = describe(tmp_path)
    assert found.dataset == "" and found.says.startswith(f"3 images of 3 sizes in {tmp_path}: photos")
    for index in range(3):
        cv2.imwrite(str(tmp_path / f"{index}.png"), np.zeros((20, 32, 3), np.uint8))
    (tmp_path / "pairs.csv").write_text("image,depth,divide_by\n0.png,0.npy,1\n")
    (tmp_path / "K.txt").write_text("30,30,16,10")
    assert describe(tmp_path).says == (
        f"images in {tmp_path}, manifests pairs.csv (give one as root), K.txt (camera={tmp_path / 'K.txt'} reads it)"
    )


def test_clips_of_one_name_are_told_apart_and_depth_is_none(tmp_path: Path):
    for name in ("a/rgb0", "b/rgb0", "lidar_depth"):
        (tmp_path / name).mkdir(parents=True)
        pixels = np.zeros((20, 32), np.uint16) if name == "lidar_depth" else np.zeros((20, 32, 3), np.uint8)
        cv2.imwrite(str(tmp_path / name / "0.png"), pixels)
    with pytest.warns(HondoWarning, match="lidar_depth holds depth maps and is no clip: left out"):
        assert describe(tmp_path).says == "2 clips (a/rgb0, b/rgb0)"
