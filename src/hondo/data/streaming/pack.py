"""Writes any data set as tar shards with an index: ``hondo data pack``."""

import json
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hondo.core.atomic import atomic_write
from hondo.core.errors import HondoError, reason_of
from hondo.core.sample import Samples
from hondo.data.streaming.shard_format import pack_sample

INDEX = "index.json"
FORMAT = "hondo shards 1"
FIELDS = ["key", "offset", "length", "crc32", "origin"]  # of each sample in the index; offset and length in bytes
SHARD_MB = 128.0
END = bytes(1024)  # two empty blocks end a tar archive


@dataclass(frozen=True, kw_only=True)
class Packed:
    """What was written; ``failed``: samples that could not be read, with the reason."""

    index: Path
    shards: int
    samples: int
    size: int  # bytes
    failed: tuple[str, ...]


def pack(
    samples: Samples,
    out: Path,
    *,
    shard_mb: float = SHARD_MB,
    quality: int | None = None,
    track: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Packed:
    """Writes shard-000000.tar, ... of about ``shard_mb`` and index.json last; samples that cannot be read are left out.

    ``quality``: as in ``pack_sample``. A folder that holds an index is refused. One shard is held in memory.
    """
    if (out / INDEX).exists():
        raise HondoError(f"{out} holds packed data already; give another out", field="out")
    shards: list[dict[str, Any]] = []
    failed: list[str] = []
    pieces: list[tuple[str, str, bytes]] = []  # key, origin, content
    size = written = 0  # bytes of all pieces, and of those in shards

    def write() -> None:
        name = f"shard-{len(shards):06d}.tar"
        atomic_write(out / name, b"".join(piece for _, _, piece in pieces) + END)
        shards.append({"name": name, "samples": _places(pieces)})
        pieces.clear()

    for index in track(range(len(samples))):
        try:
            sample = samples[index]
        except (HondoError, OSError) as error:
            failed.append(reason_of(error))
            continue
        piece = pack_sample(sample, f"{index:08d}", quality=quality)
        pieces.append((f"{index:08d}", sample.origin, piece))
        size += len(piece)
        if size - written >= shard_mb * 1e6:
            write()
            written = size
    if pieces:
        write()
    if not shards:
        raise HondoError(f"nothing to pack: no sample could be read; the first: {[*failed, 'there is none'][0]}")
    index_text = json.dumps({"format": FORMAT, "fields": FIELDS, "shards": shards})
    path = atomic_write(out / INDEX, index_text.encode(), sync=True)
    count = sum(len(shard["samples"]) for shard in shards)
    return Packed(index=path, shards=len(shards), samples=count, size=size, failed=tuple(failed))


def _places(pieces: list[tuple[str, str, bytes]]) -> list[list[Any]]:
    """The rows of the index of one shard, as FIELDS says."""
    rows, offset = [], 0
    for key, origin, piece in pieces:
        rows.append([key, offset, len(piece), zlib.crc32(piece), origin])
        offset += len(piece)
    return rows
