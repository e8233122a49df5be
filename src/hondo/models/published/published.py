"""What a reader makes of an authors' file: tensors by our keys, and the options that the file decides."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from hondo.core.errors import HondoError


class ForeignFileError(HondoError):
    """A file that opens, and is of another model than its reader's."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """``tensors`` as the state dict of our model; ``options`` of its builder that follow from the file.

    ``optional``: expressions of our keys that a model built with fewer parts (fewer blocks) may leave unread.
    """

    tensors: Mapping[str, Tensor]
    options: Mapping[str, Any] = field(default_factory=dict)
    optional: tuple[str, ...] = ()

    def tensors_for(self, model: nn.Module) -> dict[str, Tensor]:
        """All tensors but the optional ones that ``model`` has no place for."""
        own = model.state_dict().keys()
        patterns = [re.compile(pattern) for pattern in self.optional]
        return {
            key: tensor
            for key, tensor in self.tensors.items()
            if key in own or not any(pattern.fullmatch(key) for pattern in patterns)
        }
