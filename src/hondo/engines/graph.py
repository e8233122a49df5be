"""A DepthModel as the plain graph that exporters want: one picture tensor in, the finest map out."""

import logging
import threading
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch._dynamo.exc import TorchDynamoException

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.models.depth import DepthModel
from hondo.models.inference_form import inference_form
from hondo.models.multi_frame import MultiFrameModel

_one_export = threading.Lock()  # torch.export keeps its state in the process: two at once break each other


class FinestMap(nn.Module):
    """RGB 0..1 -> the finest map; computed in the type of the model's weights, float32 outside."""

    def __init__(self, model: DepthModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Float[Tensor, "b 3 H W"]) -> Float[Tensor, "b 1 h w"]:
        dtype = next(self.model.parameters()).dtype
        return self.model(image.to(dtype))[0].float()


def trace(
    model: DepthModel, *, size_hw: Size, batch: int = 1, dynamic: bool = False, leaving: Collection[type] = ()
) -> torch.export.ExportedProgram:
    """The exported program of a model; dynamic: any batch, height and width that are its ``multiple_of`` times n.

    ``leaving``: kinds of parts that are not replaced by cheaper ones (see ``inference_form``).
    """
    if isinstance(model, MultiFrameModel):
        raise HondoError(f"{model.name} also looks at earlier frames, which only engine pytorch gives it; use that")
    graph = FinestMap(inference_form(model, any_size=dynamic, leaving=leaving)).eval()
    batch = max(batch, 2) if dynamic else batch  # torch.export takes a batch of 1 for a constant
    example = torch.zeros(batch, 3, *size_hw, dtype=torch.float32, device=next(model.parameters()).device)
    shapes = {"image": _any_size(model.input_spec.multiple_of)} if dynamic else None
    try:
        with _one_export, quiet():
            return torch.export.export(graph, (example,), dynamic_shapes=shapes)
    except (RuntimeError, TorchDynamoException) as error:
        ways = "at a free size; leave out --dynamic" if dynamic else "by torch.export"
        reason = " ".join(str(error).split())[:200]
        raise HondoError(f"{model.name} cannot be exported {ways} ({reason})") from error


@contextmanager
def quiet() -> Iterator[None]:
    """Hides the deprecation warnings that exporters of other projects raise about one another."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def silent() -> Iterator[None]:
    """Also hides what they log: advice that no user of hondo can follow."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with quiet():
            yield
    finally:
        logging.disable(before)


def _any_size(multiple_of: int) -> dict[int, torch.export.Dim]:
    height, width = (torch.export.Dim(name, min=1, max=4096 // multiple_of + 1) for name in ("rows", "columns"))
    batch = torch.export.Dim("batch", min=1, max=1024)
    return {0: batch, 2: multiple_of * height, 3: multiple_of * width}
