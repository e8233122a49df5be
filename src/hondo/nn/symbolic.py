"""Sizes that are not known while a graph for any size is traced: they are symbols then, not numbers."""

from typing import Any

import torch


def is_symbolic(*sides: Any) -> bool:
    """Whether one of the sides is a symbol; a branch on its value would fix it in the graph."""
    return any(isinstance(side, torch.SymInt) for side in sides)


def steps_over(side: int, step: int) -> int:
    """How many steps cover a side. Written so that a symbol times ``step`` is seen to divide by it."""
    return (side + step - 1) // step
