"""What a folder or video without labels is read as: frames of one camera, or photos of any sizes."""

from pathlib import Path

from hondo.core.types import Size
from hondo.data.datasets.dataset_configs import FramesData, PhotosData
from hondo.data.loading.photos import have_different_sizes


def unlabelled_data(root: str, *, size_hw: Size) -> FramesData | PhotosData:
    """Videos, folders of frames, several of both, or photos; the area of ``size_hw``."""
    path = Path(root)
    if path.is_dir() and have_different_sizes(path):
        return PhotosData(root=root, size_hw=size_hw)
    return FramesData(root=root, size_hw=size_hw, sources=())
