"""The split lists that papers compare on: their names, files, counts, and the test list each must not touch.

The lists are their authors' (non-commercial, GPL) and are not part of hondo: users have them with the authors' code.
"""

from dataclasses import dataclass

from hondo.core.tables import Table

_MONODEPTH2 = "they come with the code of monodepth2 (folder splits; non-commercial licence)"
_BTS = "they come with the code of BTS (folder train_test_inputs; GPL-3.0)"


@dataclass(frozen=True, kw_only=True)
class PublishedSplit:
    """One list: how many images it has, under which names it is found, and the tests it must not share images with."""

    name: str
    files: tuple[str, ...]  # ends of paths, the first that exists counts
    count: int
    get: str
    held_out: tuple[str, ...] = ()
    with_depth: int | None = None  # how many have an annotated depth map


_EIGEN_TEST = ("eigen/test",)
_ODOM_TEST = ("odom/test_09", "odom/test_10")

_ENTRIES = (
    PublishedSplit(name="eigen_zhou/train", files=("eigen_zhou/train_files.txt",), count=39810, get=_MONODEPTH2,
                   held_out=_EIGEN_TEST),
    PublishedSplit(name="eigen_zhou/val", files=("eigen_zhou/val_files.txt",), count=4424, get=_MONODEPTH2,
                   held_out=_EIGEN_TEST),
    PublishedSplit(name="eigen_full/train", files=("eigen_full/train_files.txt",), count=45200, get=_MONODEPTH2,
                   held_out=_EIGEN_TEST, with_depth=44570),
    PublishedSplit(name="eigen_full/val", files=("eigen_full/val_files.txt",), count=1776, get=_MONODEPTH2,
                   held_out=_EIGEN_TEST, with_depth=1746),
    PublishedSplit(name="eigen/test", files=("eigen/test_files.txt", "eigen_test_files_with_gt.txt"), count=697,
                   get=_MONODEPTH2, with_depth=652),
    PublishedSplit(name="eigen/train", files=("eigen_train_files_with_gt.txt",), count=23158, get=_BTS,
                   held_out=_EIGEN_TEST, with_depth=23158),
    PublishedSplit(name="eigen_benchmark/test", files=("eigen_benchmark/test_files.txt",), count=652,
                   get=_MONODEPTH2, with_depth=652),
    PublishedSplit(name="benchmark/train", files=("benchmark/train_files.txt",), count=72084, get=_MONODEPTH2,
                   with_depth=72084),
    PublishedSplit(name="benchmark/val", files=("benchmark/val_files.txt",), count=6060, get=_MONODEPTH2,
                   with_depth=6060),
    PublishedSplit(name="odom/train", files=("odom/train_files.txt",), count=36671, get=_MONODEPTH2,
                   held_out=_ODOM_TEST),
    PublishedSplit(name="odom/val", files=("odom/val_files.txt",), count=4075, get=_MONODEPTH2, held_out=_ODOM_TEST),
    PublishedSplit(name="odom/test_09", files=("odom/test_files_09.txt",), count=1590, get=_MONODEPTH2),
    PublishedSplit(name="odom/test_10", files=("odom/test_files_10.txt",), count=1200, get=_MONODEPTH2),
    PublishedSplit(name="nyu/train", files=("nyudepthv2_train_files_with_gt.txt",), count=24231, get=_BTS,
                   held_out=("nyu/test",), with_depth=24231),
    PublishedSplit(name="nyu/test", files=("nyudepthv2_test_files_with_gt.txt",), count=654, get=_BTS, with_depth=654),
)  # fmt: skip

SPLITS: Table[PublishedSplit] = Table("split", {split.name: split for split in _ENTRIES})
