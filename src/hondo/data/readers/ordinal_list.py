"""Depth in the Wild: lists of images with one pair of points each, and which of the two is farther."""

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.text_file import read_text
from hondo.core.types import Size
from hondo.data.layouts.path_template import find_paths
from hondo.data.readers.file_reader import FileReader, Item

# What the relation says of the first point: 1 nearer, -1 farther, 0 about equal (the order of Sample.pairs).
RELATIONS = {"<": 1.0, ">": -1.0, "=": 0.0}
_NAMES = ("y1", "x1", "y2", "x2", "relation", "width", "height")


class OrdinalList(FileReader):
    """Two lines for each image: its path, then y1,x1,y2,x2,relation,width,height (pixels counted from 1)."""

    def find_items(self) -> tuple[Item, ...]:
        return tuple(
            item
            for template in self.layout.images
            for path, fields in find_paths(self.root, template)
            for item in self._items(path, fields["part"])
        )

    def point_pairs(self, item: Item, *, image_hw: Size) -> Float[Tensor, "p 5"]:
        """The points at the centres of their pixels, at the size that the image has."""
        y1, x1, y2, x2, width, height = (
            float(item.fields[name]) for name in ("y1", "x1", "y2", "x2", "width", "height")
        )
        across, down = image_hw[1] / width, image_hw[0] / height
        points = [(x1 - 0.5) * across, (y1 - 0.5) * down, (x2 - 0.5) * across, (y2 - 0.5) * down]
        return torch.tensor([[*points, RELATIONS[item.fields["relation"]]]])

    def _items(self, path: Path, part: str) -> list[Item]:
        lines = [line.strip() for line in read_text(path).split("\n") if line.strip()]
        if len(lines) % 2:
            raise HondoError(f"{path} has {len(lines)} lines; each image has two, its path and its points")
        return [self._item(path, 2 * n + 1, part, *lines[2 * n : 2 * n + 2]) for n in range(len(lines) // 2)]

    def _item(self, path: Path, line: int, part: str, image: str, values: str) -> Item:
        words = [word.strip() for word in values.split(",")]
        if (
            len(words) != len(_NAMES)
            or words[4] not in RELATIONS
            or not all(_is_number(w) for w in words[:4] + words[5:])
        ):
            raise HondoError(f"{path} line {line + 1}: '{values}' is not {','.join(_NAMES)} with a relation < or >")
        name = Path(image).as_posix()
        return Item(name=name, path=self.root / name, fields={"part": part, **dict(zip(_NAMES, words))})


def _is_number(word: str) -> bool:
    return word.replace(".", "", 1).isdigit() and float(word) > 0
