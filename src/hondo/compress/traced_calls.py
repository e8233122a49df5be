"""Which layers a model calls in a forward pass, and what flows through them."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.models.base.depth_model import DepthModel

SMALLEST = 64  # pixels a side of the image that finds out what is called


def called_once_each(model: DepthModel) -> frozenset[str]:
    """The paths of the modules without children that are called exactly once for one image.

    Weights that another module reads (a readout splits that of its layer) do not count: they cannot be replaced.
    """
    counts = Counter()
    with seen(model, lambda path, module, given, output: counts.update([path])):
        run_once(model)
    return frozenset(path for path, count in counts.items() if count == 1)


def run_once(model: DepthModel) -> None:
    """The model in evaluation mode on one grey image."""
    with torch.no_grad():
        model.eval()(small_image(model))


def small_image(model: DepthModel) -> Float[Tensor, "1 3 h w"]:
    """A noisy grey image: of the model's own size where it takes no other, else small."""
    spec = model.input_spec
    side = -(-SMALLEST // spec.multiple_of) * spec.multiple_of
    size_hw = spec.size_hw if spec.fixed else (min(side, spec.size_hw[0]), min(side, spec.size_hw[1]))
    values = torch.rand(1, 3, *size_hw, generator=torch.Generator().manual_seed(0))
    return values.to(next(model.parameters()).device)


def is_leaf(module: nn.Module) -> bool:
    """Whether it has no children."""
    return not any(True for _ in module.children())


@contextmanager
def seen(
    model: nn.Module,
    look: Callable[[str, nn.Module, tuple[Any, ...], Any], Any],
    *,
    among: Callable[[nn.Module], bool] = is_leaf,
) -> Iterator[None]:
    """Within, ``look(path, module, arguments, output)`` is called after every module for which ``among`` holds."""

    def hook(path: str) -> Callable[..., None]:
        return lambda module, given, output: look(path, module, given, output) and None

    handles = [each.register_forward_hook(hook(path)) for path, each in model.named_modules() if among(each)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
