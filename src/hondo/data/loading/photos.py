"""Images of any sizes in a folder and those below it, without labels."""

from collections.abc import Sequence
from pathlib import Path

import torch

from hondo.core.errors import HondoError
from hondo.core.sample import Sample
from hondo.core.types import Size
from hondo.data.loading.fit_sample import fit_sample, image_tensor
from hondo.images.listing import list_folder
from hondo.images.read import image_size, read_image

LOOKED_AT = 64  # images whose sizes are compared


class Photos(Sequence[Sample]):
    """One sample an image, scaled and padded to ``size_hw``; read when it is asked for."""

    def __init__(self, root: str | Path, *, size_hw: Size | None = (192, 256)) -> None:
        self.files, self.size_hw = tuple(images_below(Path(root))), size_hw
        if not self.files:
            raise HondoError(f"{root}: no images there; give a folder of images or videos", field="root")

    @property
    def origins(self) -> tuple[str, ...]:
        """The file of each sample."""
        return tuple(map(str, self.files))

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Sample:  # pyright: ignore[reportIncompatibleMethodOverride]
        file = self.files[index]
        sample = Sample(image=image_tensor(torch.from_numpy(read_image(file))), origin=str(file))
        return fit_sample(sample, self.size_hw)


def images_below(root: Path) -> list[Path]:
    """The images in a folder and in those below it."""
    return list(list_folder(root, recursive=True).images) if root.is_dir() else []


def have_different_sizes(root: Path) -> bool:
    """Whether the images of a folder are photos rather than frames of one camera."""
    files = images_below(root)
    step = max(1, len(files) // LOOKED_AT)
    return len({image_size(file) for file in files[::step]}) > 1
