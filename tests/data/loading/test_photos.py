"""Photos of any sizes, fitted to one."""

import numpy as np
import pytest

from hondo.core.errors import HondoError
from hondo.data.datasets.dataset_configs import FramesData, PhotosData
from hondo.data.loading.photos import Photos
from hondo.images.read import write_image
from hondo.recipes.compression.unlabelled import unlabelled_data


def test_photos_of_any_size_become_samples_of_one(tmp_path) -> None:
    with pytest.raises(HondoError, match="no images there"):
        Photos(tmp_path)
    for name, size_hw in (("a.png", (32, 48)), ("below/b.png", (64, 40))):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_image(tmp_path / name, np.zeros((*size_hw, 3), dtype=np.uint8))
    photos = Photos(tmp_path, size_hw=(32, 64))
    assert [tuple(sample.image.shape) for sample in photos] == [(3, 32, 64)] * 2
    assert [origin.rsplit("/", 1)[1] for origin in photos.origins] == ["a.png", "b.png"]
    assert isinstance(unlabelled_data(str(tmp_path), size_hw=(32, 64)), PhotosData)
    assert isinstance(unlabelled_data(str(tmp_path / "below"), size_hw=(32, 64)), FramesData)
