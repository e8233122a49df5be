"""The labelled file of NYU: which depth, the authors' splits, and files that are something else."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io

from hondo.core.errors import HondoError
from hondo.data.datasets.registry import open_dataset
from tests.contracts.dataset_trees import DEPTH, KNOWN

pytestmark = pytest.mark.usefixtures("any_aspect")


def test_raw_depth(tree: Callable[[str], Path]) -> None:
    depth = open_dataset("nyu", root=tree("nyu"), depth="raw")[0].depth_gt[0].numpy()
    assert (depth == np.where(KNOWN, DEPTH / 2, 0)).all()


def test_the_file_itself_may_be_given(tree: Callable[[str], Path]) -> None:
    samples = open_dataset("nyu", root=tree("nyu") / "nyu_depth_v2_labeled.mat")
    assert samples.origins[0].endswith("nyu_depth_v2_labeled.mat#0000")


def test_splits(tree: Callable[[str], Path]) -> None:
    root = tree("nyu")
    with h5py.File(root / "nyu_depth_v2_labeled.mat", "r+") as file:
        for key in ("images", "depths", "rawDepths"):
            values = np.concatenate([file[key][()]] * 3)
            del file[key]
            file[key] = values
    with pytest.raises(HondoError, match=r"no sample of nyu: 0 images chosen.*The splits need splits\.mat"):
        open_dataset("nyu", root=root, split="test")
    scipy.io.savemat(root / "splits.mat", {"trainNdxs": np.array([[1], [3]]), "testNdxs": np.array([[2]])})
    assert [origin[-4:] for origin in open_dataset("nyu", root=root, split="train").origins] == ["0000", "0002"]
    assert [origin[-4:] for origin in open_dataset("nyu", root=root, split="test").origins] == ["0001"]
    scipy.io.savemat(root / "splits.mat", {"trainNdxs": np.array([[4]]), "testNdxs": np.array([[2]])})
    with pytest.raises(HondoError, match="names image 4, the labelled file holds 3"):
        open_dataset("nyu", root=root)


def test_other_files(tmp_path: Path) -> None:
    with pytest.raises(HondoError, match=r"no nyu_depth_v2_labeled\.mat there; found nothing"):
        open_dataset("nyu", root=tmp_path)
    path = tmp_path / "nyu_depth_v2_labeled.mat"
    path.write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(HondoError, match="Git LFS pointer"):
        open_dataset("nyu", root=tmp_path)
    with h5py.File(path, "w") as file:
        file["other"] = 1
    with pytest.raises(HondoError, match="holds other, and no 'images'"):
        open_dataset("nyu", root=tmp_path)
