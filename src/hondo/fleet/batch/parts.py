"""What is predicted on many machines, cut into parts: each is done by one worker, and committed whole or not at all.

    OUT/part-000012/               the depth of the sources of a part, with its predictions.json
    OUT/manifest.jsonl             one line a part: sources, outputs, failures, who did it

In a folder a part appears by one rename, which the first of two workers wins. In a store of objects its
predictions.json is written last, and only if it is not there: what has none does not count.
"""

import hashlib
import json
import os
import re
import shutil
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from uuid import uuid4

from hondo.core.atomic import atomic_path
from hondo.core.errors import HondoError, reason_of
from hondo.core.text_file import load_object
from hondo.data.streaming.shards import as_url, is_url
from hondo.fleet.store.shared_store import FolderStore, SharedStore, open_store
from hondo.images.read import IMAGE_SUFFIXES
from hondo.images.video_file import VIDEO_SUFFIXES
from hondo.video.sources.source_list import find_sources

MANIFEST, PREDICTIONS = "manifest.jsonl", "predictions.json"
_PART = re.compile(r"part-\d{6}")
ARCHIVES = (".tar",)  # shards of images: webdataset, hondo data pack


@dataclass(frozen=True, kw_only=True)
class Part:
    """Sources that one worker predicts at once: files or URLs."""

    number: int
    sources: tuple[str, ...]

    @property
    def name(self) -> str:
        """Of its folder."""
        return f"part-{self.number:06d}"


@dataclass(frozen=True, kw_only=True)
class PartLine:
    """A part that is done, in manifest.jsonl. ``sources_sha256`` names what it was made of."""

    part: str
    sources: int
    outputs: int
    failed: int
    sources_sha256: str
    host: str
    seconds: float


def cut_into_parts(sources: Sequence[str], *, size: int) -> list[Part]:
    """Images in parts of ``size``; each video and each archive is a part of its own."""
    images = [each for each in sources if not _is_alone(each)]
    groups = [tuple(images[start : start + size]) for start in range(0, len(images), size)]
    groups += [(each,) for each in sources if _is_alone(each)]
    return [Part(number=number, sources=group) for number, group in enumerate(groups)]


def _is_alone(source: str) -> bool:
    return PurePosixPath(source).suffix.lower() in (*VIDEO_SUFFIXES, *ARCHIVES)


def list_sources(texts: Sequence[str]) -> list[str]:
    """Every image, video and archive that the texts name: files here, and objects below URLs."""
    archives = {text: _archives(text) for text in texts if not is_url(text)}
    plain = [text for text, inside in archives.items() if not inside]
    found = [str(Path(source.text).absolute()) for source in find_sources(plain)] if plain else []
    for text in texts:
        found += _objects(text) if is_url(text) else archives[text]
    return list(dict.fromkeys(found))


def _archives(text: str) -> list[str]:
    """The archives that a text names: itself, or those in a folder and below it."""
    if text.endswith(ARCHIVES):
        return [str(Path(text).absolute())]
    return [str(path.absolute()) for path in sorted(Path(text).rglob("*.tar"))] if Path(text).is_dir() else []


def _objects(url: str) -> list[str]:
    import fsspec

    try:
        system, path = fsspec.core.url_to_fs(as_url(url))
        names = system.glob(path) if "*" in path else system.find(path)
    except Exception as error:  # each file system of fsspec has its own
        raise HondoError(f"{url}: cannot be listed: {reason_of(error) or type(error).__name__}") from error
    kinds = (*IMAGE_SUFFIXES, *VIDEO_SUFFIXES, *ARCHIVES)
    found = sorted(name for name in names if PurePosixPath(name).suffix.lower() in kinds)
    if not found:
        raise HondoError(f"{url}: nothing there is an image, a video or a .tar of images")
    return [system.unstrip_protocol(name) for name in found]


def fetch(part: Part, folder: Path) -> list[str]:
    """The sources of a part as files of this machine, in their order; archives are unpacked into ``folder``."""
    found = []
    for number, source in enumerate(part.sources):
        file = source
        if is_url(source):
            file = str(folder / f"{number:06d}" / PurePosixPath(source).name)
            Path(file).parent.mkdir(parents=True, exist_ok=True)
            root, _, name = source.rpartition("/")
            open_store(root).get(name, Path(file))
        found += _unpacked(Path(file), folder / f"{number:06d}-images") if file.endswith(ARCHIVES) else [file]
    return found


def _unpacked(archive: Path, folder: Path) -> list[str]:
    """The images of an archive as files; depth and other members stay inside."""
    try:
        with tarfile.open(archive) as tar:
            members = [each for each in tar if each.isfile() and _is_photo(each.name)]
            tar.extractall(folder, members=members, filter="data")
    except (tarfile.TarError, OSError) as error:
        raise HondoError(f"{archive.name} cannot be unpacked: {reason_of(error)}") from error
    return [str(folder / each.name) for each in members]


def _is_photo(name: str) -> bool:
    """Whether a member is an image to predict: by its last suffix, and no word for depth or a mask before it."""
    path = PurePosixPath(name)
    return path.suffix.lower() in IMAGE_SUFFIXES and not {".depth", ".valid", ".mask"} & {*path.suffixes[:-1]}


class PartStore:
    """Where parts are committed."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.store: SharedStore = open_store(root)

    def is_done(self, part: Part) -> bool:
        """Whether the part was committed."""
        return bool(self._line_name(part) in self.store.names(part.name))

    def commit(self, part: Part, folder: Path, line: PartLine) -> bool:
        """Puts the finished folder of a part in its place; False where another worker was first."""
        (folder / "part.json").write_text(json.dumps(asdict(line)))
        if isinstance(self.store, FolderStore):
            return self._rename(part, folder)
        files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "part.json")
        for file in files:
            self.store.put(file, f"{part.name}/{file.relative_to(folder).as_posix()}")
        return self.store.create(self._line_name(part), (folder / "part.json").read_bytes())

    def lines(self) -> Iterator[PartLine]:
        """What is committed, in order."""
        for name in self.store.names(""):
            if name.endswith("/part.json") and _PART.fullmatch(name.partition("/")[0]):
                yield PartLine(**load_object(self.store.read(name), name=name))

    def _line_name(self, part: Part) -> str:
        return f"{part.name}/part.json"

    def _rename(self, part: Part, folder: Path) -> bool:
        """Copies beside its place first, so that it appears at once also from another disk."""
        root = Path(self.store.root)
        beside = root / f".{part.name}.{uuid4().hex[:12]}"
        shutil.copytree(folder, beside)
        try:
            os.rename(beside, root / part.name)
        except OSError:  # the folder is there and is not empty
            shutil.rmtree(beside)
            return False
        return True


def sources_sha256(sources: Iterable[str]) -> str:
    """Names a list of sources."""
    return hashlib.sha256("\n".join(sources).encode()).hexdigest()


def check_same_sources(store: PartStore, parts: Sequence[Part]) -> set[str]:
    """The names of the parts that are done; HondoError where they were made of other sources."""
    known = {part.name: sources_sha256(part.sources) for part in parts}
    done = set()
    for line in store.lines():
        if known.get(line.part) != line.sources_sha256:
            raise HondoError(
                f"out {store.root}: {line.part} there was made of other sources; give another out, or the same sources "
                "and part_size as before",
                field="out",
            )
        done.add(line.part)
    return done


def write_manifest(store: PartStore, *, folder: Path) -> list[PartLine]:
    """manifest.jsonl and one predictions.json of all parts, by way of files in ``folder``."""
    lines = list(store.lines())
    manifest = folder / MANIFEST
    manifest.unlink(missing_ok=True)
    with manifest.open("w") as file:
        file.writelines(json.dumps(asdict(line)) + "\n" for line in lines)
    store.store.put(manifest, MANIFEST)
    if lines:
        _join(store, lines, folder / PREDICTIONS)
        store.store.put(folder / PREDICTIONS, PREDICTIONS)
    return lines


def _join(store: PartStore, lines: Sequence[PartLine], path: Path) -> None:
    """The predictions of all parts in one file, part by part, so that memory stays constant."""
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        is_first = True
        for line in lines:
            name = f"{line.part}/{PREDICTIONS}"
            stated = load_object(store.store.read(name), name=name)
            items = stated.pop("items")
            if is_first:
                file.write(json.dumps(stated, indent=1).removesuffix("\n}") + ',\n "items": [')
            for item in items:
                if item.get("png"):
                    item["png"] = f"{line.part}/{item['png']}"
                file.write(("\n  " if is_first else ",\n  ") + json.dumps(item))
                is_first = False
        file.write("\n ]\n}\n")
