"""The authors' names of tensors, turned into ours by rules."""

import re
from collections.abc import Iterable, Mapping

from torch import Tensor

Rules = Iterable[tuple[str, str]]  # regular expression of a whole key, its replacement


def renamed(tensors: Mapping[str, Tensor], rules: Rules, *, ignore: Iterable[str] = ()) -> dict[str, Tensor]:
    """The first rule whose expression matches a whole key gives its new name; a key that none matches keeps its own.

    ``ignore``: expressions of keys to leave out: tensors that the file carries but the computation never uses.
    """
    compiled = [(re.compile(pattern), replacement) for pattern, replacement in rules]
    left_out = [re.compile(pattern) for pattern in ignore]
    return {
        _new_name(key, compiled): tensor
        for key, tensor in tensors.items()
        if not any(pattern.fullmatch(key) for pattern in left_out)
    }


def prefixed(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Every key with ``prefix`` in front."""
    return {prefix + key: tensor for key, tensor in tensors.items()}


def _new_name(key: str, rules: list[tuple[re.Pattern[str], str]]) -> str:
    for pattern, replacement in rules:
        if match := pattern.fullmatch(key):
            return match.expand(replacement)
    return key
