"""A table of named things: the one line by which an encoder, a loss or an engine is added."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Generic, TypeVar

from hondo.core.errors import unknown

T = TypeVar("T")


class Table(Mapping[str, T], Generic[T]):
    """Names to entries. One given as ``"package.module:attribute"`` (or a module alone) is imported on first use.

    ``aliases``: other names that are also accepted, such as those of earlier versions; they are not listed.
    """

    def __init__(self, what: str, entries: Mapping[str, T | str], *, aliases: Mapping[str, str] | None = None) -> None:
        self._what = what
        self._entries: dict[str, Any] = dict(entries)
        self._aliases = dict(aliases or {})

    def __getitem__(self, name: str) -> T:
        name = self._aliases.get(name, name)
        if name not in self._entries:
            raise unknown(self._what, name, self._entries)
        entry = self._entries[name]
        if isinstance(entry, str):
            module, _, attribute = entry.partition(":")
            loaded: Any = import_module(module)
            entry = self._entries[name] = getattr(loaded, attribute) if attribute else loaded
        return entry

    def __contains__(self, name: object) -> bool:
        return name in self._entries or name in self._aliases

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
