"""Paths with named parts, such as ``{scene}/image_{camera:d}/{frame:d}.png``: found on disk, matched and filled in.

``{name}`` is a part of a file or folder name, ``{name:d}`` digits only, ``{name:2|3}`` one of these; ``{name:path}``
stands alone between slashes for one or more folders. ``*`` is any text that need not be known to name a partner.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

Fields = Mapping[str, str]

_FIELD = re.compile(r"\{(\w+)(?::([\w|-]+))?\}|(\*)")
_FOLDERS = re.compile(r"\{(\w+):path\}")
_IGNORED = ("._", ".")  # macOS twins and hidden files
_MOST_FOLDERS = 6  # that one {name:path} stands for


def find_paths(root: Path, template: str) -> Iterator[tuple[Path, dict[str, str]]]:
    """Every file or folder below ``root`` that the template matches, in order of its name, with its fields."""
    yield from _find(root, template.split("/"), {})


def match_path(template: str, path: str) -> dict[str, str] | None:
    """The fields of a relative path; None where the template does not match it."""
    found = _whole_pattern(template).fullmatch(path)
    return None if found is None else dict(found.groupdict())


def template_below(template: str, folders: Sequence[str]) -> str | None:
    """What is left of a template below these folders; None where their names do not fit it."""
    parts = template.split("/")
    if len(folders) >= len(parts) or any(_FOLDERS.fullmatch(part) for part in parts[: len(folders)]):
        return None
    fits = all(_pattern(part).fullmatch(name) for part, name in zip(parts, folders))
    return "/".join(parts[len(folders) :]) if fits else None


def fill_path(template: str, fields: Fields) -> str:
    """The path of a partner with these fields; ``*`` stays."""
    return _FIELD.sub(lambda found: "*" if found[3] else fields[found[1]], template)


def is_filled(template: str, fields: Fields) -> bool:
    """Whether the fields name every part of a template."""
    return all(found[3] or found[1] in fields for found in _FIELD.finditer(template))


def partner_path(root: Path, templates: tuple[str, ...], fields: Fields) -> Path | None:
    """The first file that exists of those the templates name; with ``*`` the first that matches.

    Templates that name fields which are not known are left out.
    """
    for template in templates:
        if not is_filled(template, fields):
            continue
        name = fill_path(template, fields)
        if "*" not in name:
            if (path := root / name).exists():
                return path
            continue
        folder, _, pattern = name.rpartition("/")
        for path in sorted((root / folder).glob(pattern)) if "*" not in folder else sorted(root.glob(name)):
            if not path.name.startswith(_IGNORED):
                return path
    return None


def _find(folder: Path, parts: list[str], fields: dict[str, str]) -> Iterator[tuple[Path, dict[str, str]]]:
    part, rest = parts[0], parts[1:]
    if several := _FOLDERS.fullmatch(part):
        for below in _folders(folder, depth=_MOST_FOLDERS):
            yield from _find(below, rest, fields | {several[1]: below.relative_to(folder).as_posix()})
        return
    if not _FIELD.search(part):
        if (path := folder / part).exists():
            yield from _find(path, rest, fields) if rest else iter([(path, fields)])
        return
    pattern = _pattern(part)
    for entry in _entries(folder):
        found = pattern.fullmatch(entry.name)
        if found is None or any(fields.get(name, value) != value for name, value in found.groupdict().items()):
            continue
        merged = fields | found.groupdict()
        if rest and entry.is_dir():
            yield from _find(folder / entry.name, rest, merged)
        elif not rest:
            yield folder / entry.name, merged


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted((entry for entry in found if not entry.name.startswith(_IGNORED)), key=lambda each: each.name)
    except OSError:  # no folder, or one that may not be read
        return []


def _folders(folder: Path, *, depth: int) -> Iterator[Path]:
    for entry in _entries(folder):
        if entry.is_dir():
            yield folder / entry.name
            if depth > 1:
                yield from _folders(folder / entry.name, depth=depth - 1)


@lru_cache(maxsize=512)
def _pattern(part: str) -> re.Pattern[str]:
    """A file name's pattern; a field that comes again must have the same value."""
    text, at, seen = "", 0, set[str]()
    for found in _FIELD.finditer(part):
        text += re.escape(part[at : found.start()])
        at, name = found.end(), found[1]
        if found[3]:
            text += "[^/]*"
        elif name in seen:
            text += f"(?P={name})"
        else:
            text += f"(?P<{name}>{_BODIES.get(found[2], found[2])})"
            seen.add(name)
    return re.compile(text + re.escape(part[at:]))


_BODIES = {None: "[^/]+?", "d": r"\d+", "path": ".+?"}


@lru_cache(maxsize=512)
def _whole_pattern(template: str) -> re.Pattern[str]:
    return _pattern(template)
