"""Reads packed data from a folder or an fsspec URL: s3://, gs://, https:// and others."""

import re
import shutil
import tempfile
import threading
import weakref
import zlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from hondo.core.errors import HondoError, MissingExtraError, reason_of
from hondo.core.sample import Sample
from hondo.core.text_file import load_object
from hondo.core.types import Size
from hondo.data.loading.fit_sample import fit_sample
from hondo.data.streaming.pack import FIELDS, FORMAT, INDEX
from hondo.data.streaming.shard_format import unpack_sample

MIXED_SHARDS = 4  # whose samples are shuffled among each other
KEPT_SHARDS = 2 * MIXED_SHARDS  # that lie on this disk at once, where they come over a network


_SCHEME = re.compile(r"(?P<scheme>[a-z][a-z0-9+.:-]+):/+")  # of two letters and more: C:/ is a drive


def is_url(root: object) -> bool:
    """Whether data lies behind a URL; as a Path it has lost one of its slashes."""
    return isinstance(root, str | Path) and _SCHEME.match(str(root)) is not None


def as_url(root: str | Path) -> str:
    """The URL with both slashes."""
    return str(root) if "://" in str(root) else _SCHEME.sub(r"\g<scheme>://", str(root), count=1)


def is_packed(root: object) -> bool:
    """Whether a folder holds packed data; of a URL it is assumed."""
    return is_url(root) or (isinstance(root, str | Path) and (Path(root) / INDEX).is_file())


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a sample lies: its shard's number, and bytes of it."""

    shard: int
    key: str
    offset: int
    length: int
    crc32: int
    origin: str


class Shards(Sequence[Sample]):
    """The samples of a packed data set in the order they were packed; ``size_hw`` scales and pads.

    Of a URL each shard is fetched whole when its first sample is asked for, and ``KEPT_SHARDS`` are kept. ``streams``
    orders an epoch so that few shards are read at once.
    """

    def __init__(self, root: str | Path, *, size_hw: Size | None = None, every: int = 1) -> None:
        self.root, self.size_hw = as_url(root) if is_url(root) else root, size_hw
        self._files = _Remote(as_url(root)) if is_url(root) else _Local(Path(root))
        index = _read_index(self._files.read(INDEX), where=f"{root}/{INDEX}")
        self.names = [shard["name"] for shard in index["shards"]]
        rows = ((number, row) for number, shard in enumerate(index["shards"]) for row in shard["samples"])
        places = [Place(shard=number, **dict(zip(FIELDS, row, strict=True))) for number, row in rows]
        self.places = tuple(places[::every])

    @property
    def origins(self) -> tuple[str, ...]:
        """What each sample was packed from, without reading it."""
        return tuple(place.origin for place in self.places)

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int) -> Sample:  # pyright: ignore[reportIncompatibleMethodOverride]
        place = self.places[index]
        where = f"{self.root}/{self.names[place.shard]} sample {place.key}"
        piece = self._files.read(self.names[place.shard], offset=place.offset, length=place.length)
        if zlib.crc32(piece) != place.crc32:
            raise HondoError(
                f"{where} ({place.origin}) is damaged: its checksum is wrong; fetch or pack the shard again"
            )
        return fit_sample(unpack_sample(piece, where=where), self.size_hw)

    def streams(self, generator: torch.Generator, world_size: int) -> list[list[int]]:
        """An epoch's order for each process: shards dealt out at random, samples shuffled over a few of them.

        Every sample occurs once, and the lists differ by at most one sample in length.
        """
        of_shard: dict[int, list[int]] = {}
        for number, place in enumerate(self.places):
            of_shard.setdefault(place.shard, []).append(number)
        shards = list(of_shard.values())
        dealt = [shards[number] for number in torch.randperm(len(shards), generator=generator).tolist()]
        lists = [_shuffled_nearby(dealt[rank::world_size], generator) for rank in range(world_size)]
        while len(longest := max(lists, key=len)) > len(shortest := min(lists, key=len)) + 1:
            shortest.append(longest.pop())
        return lists


def _shuffled_nearby(shards: list[list[int]], generator: torch.Generator) -> list[int]:
    """The samples of the shards, shuffled in groups of ``MIXED_SHARDS`` shards."""
    order: list[int] = []
    for start in range(0, len(shards), MIXED_SHARDS):
        group = [number for shard in shards[start : start + MIXED_SHARDS] for number in shard]
        order += [group[place] for place in torch.randperm(len(group), generator=generator).tolist()]
    return order


def _read_index(content: bytes, *, where: str) -> dict[str, Any]:
    try:
        index = load_object(content, name=where)
        if index["format"] != FORMAT or index["fields"] != FIELDS:
            raise ValueError(f"format {index['format']}")
    except (ValueError, KeyError, TypeError) as error:
        raise HondoError(
            f"{where} is no index of packed data ({reason_of(error)}); make it with: hondo data pack"
        ) from error
    return index


class _Local:
    """Files of a folder, or pieces of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / INDEX).is_file():
            raise HondoError(f"{folder}: no packed data there ({INDEX} is missing); make it with: hondo data pack")

    def read(self, name: str, *, offset: int = 0, length: int = -1) -> bytes:
        with (self.folder / name).open("rb") as file:
            file.seek(offset)
            return file.read(length)


class _Remote:
    """Files behind a URL: each is fetched whole into a temporary folder, from which the oldest are removed."""

    def __init__(self, url: str) -> None:
        try:
            import fsspec
        except ImportError as error:
            raise MissingExtraError("fsspec", extra="data") from error
        try:
            self.system, self.path = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise HondoError(f"{url} cannot be read: {reason_of(error)}") from error
        self.url, self.folder = url, Path(tempfile.mkdtemp(prefix="hondo-shards-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self._kept: OrderedDict[str, Path] = OrderedDict()
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def read(self, name: str, *, offset: int = 0, length: int = -1) -> bytes:
        with self._lock:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock, self._fetched(name).open("rb") as file:  # open before it may be removed
            file.seek(offset)
            return file.read(length)

    def _fetched(self, name: str) -> Path:
        """The file on this disk."""
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
                return self._kept[name]
        path = self.folder / name
        try:
            self.system.get_file(f"{self.path.rstrip('/')}/{name}", str(path))
        except Exception as error:  # each file system of fsspec has its own
            raise HondoError(
                f"{self.url}/{name} cannot be fetched: {reason_of(error) or type(error).__name__}"
            ) from error
        with self._lock:
            self._kept[name] = path
            unread = [each for each in self._kept if not self._locks[each].locked()]
            for each in unread[: max(0, len(self._kept) - KEPT_SHARDS)]:
                self._kept.pop(each).unlink(missing_ok=True)
        return path
