"""What a reader makes of an authors' file: tensors by our keys, and the options that the file decides."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jaxtyping import Shaped
from torch import Tensor, nn

from hondo.core.errors import HondoError


class ForeignFileError(HondoError):
    """A file that opens, and is of another model than its reader's."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """``tensors`` as the state dict of our model; ``options`` of its builder that follow from the file.

    ``optional``: expressions of our keys that a model built with fewer parts (fewer blocks) may leave unread.
    """

    tensors: Mapping[str, Shaped[Tensor, "..."]]
    options: Mapping[str, Any] = field(default_factory=dict)
    optional: tuple[str, ...] = ()

    def tensors_for(self, model: nn.Module) -> dict[str, Shaped[Tensor, "..."]]:
        """All tensors but the optional ones that ``model`` has no place for."""
        own = model.state_dict().keys()
        patterns = [re.compile(pattern) for pattern in self.optional]
        return {
            key: tensor
            for key, tensor in self.tensors.items()
            if key in own or not any(pattern.fullmatch(key) for pattern in patterns)
        }


Rules = Iterable[tuple[str, str]]  # regular expression of a whole key, its replacement


def renamed(
    tensors: Mapping[str, Shaped[Tensor, "..."]], rules: Rules, *, ignore: Iterable[str] = ()
) -> dict[str, Shaped[Tensor, "..."]]:
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


def prefixed(tensors: Mapping[str, Shaped[Tensor, "..."]], prefix: str) -> dict[str, Shaped[Tensor, "..."]]:
    """Every key with ``prefix`` in front."""
    return {prefix + key: tensor for key, tensor in tensors.items()}


def _new_name(key: str, rules: list[tuple[re.Pattern[str], str]]) -> str:
    for pattern, replacement in rules:
        if match := pattern.fullmatch(key):
            return match.expand(replacement)
    return key


_STAGES = range(4)

PVT_V2: Rules = (
    *((rf"patch_embed{i + 1}\.(.+)", rf"stages.{i}.\1") for i in _STAGES),
    *((rf"block{i + 1}\.(.+\.dwconv)\.dwconv\.(.+)", rf"stages.{i}.blocks.\1.\2") for i in _STAGES),
    *((rf"block{i + 1}\.(.+)", rf"stages.{i}.blocks.\1") for i in _STAGES),
    *((rf"norm{i + 1}\.(.+)", rf"stages.{i}.last_norm.\1") for i in _STAGES),
)
