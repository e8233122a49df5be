"""What a reader makes of an authors' file: tensors by our keys, and the options that the file decides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from hondo.core.errors import HondoError


class ForeignFileError(HondoError):
    """A file that opens, and is of another model than its reader's."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """``tensors`` as the state dict of our model; ``options`` of its builder that follow from the file."""

    tensors: Mapping[str, Tensor]
    options: Mapping[str, Any] = field(default_factory=dict)
