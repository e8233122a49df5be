"""Options that make a large member of the zoo small: what the contract tests build in its place."""

from typing import Any

TINY: dict[str, dict[str, Any]] = {
    "manydepth": {"num_depths": 8},
    "manydepth-resnet50": {"num_depths": 8},
}
