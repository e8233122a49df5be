"""PyTorch as an engine: any DepthModel on any torch device; its exported file is hondo's own .safetensors."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.quantization.validation import Quantising
from hondo.engines.registry import check_precision
from hondo.engines.torch.int8 import check_int8, rounded_layers, weight_keys, with_int8_linears, with_int8_weights
from hondo.models.base.depth_model import DepthModel

PACKAGES = ()
PRECISIONS = ("fp32", "fp16", "bf16", "int8-dynamic", "int8-weights")
EXPORT_PRECISIONS = ("fp32", "fp16", "int8-weights")
CALIBRATED = ("int8-weights",)  # take images, but need none
SUFFIX = ".safetensors"


def export(
    model: DepthModel,
    path: Path,
    *,
    size_hw: Size | None = None,
    precision: str = "fp32",
    dynamic: bool = False,
    licence: str = "",
    quantising: Quantising | None = None,
) -> Path:
    """Writes the weights and everything needed to build the model again; such a file serves any size.

    int8-weights: with ``quantising``, the layers that cost more accuracy than it allows stay in float32.
    """
    from hondo.models.base.weights_file import save_model

    check_int8(precision)
    check_precision(precision, engine="a torch export", allowed=EXPORT_PRECISIONS)
    int8 = weight_keys(rounded_layers(model, quantising)) if precision == "int8-weights" else ()
    save_model(model, path, licence=licence, training={}, half=precision == "fp16", int8=int8)
    return path


def load(
    source: DepthModel | Path, *, device: str = "auto", precision: str = "fp32", threads: int | None = None
) -> NetworkPredictor:
    """Serves a model, or the file of one. ``threads`` sets torch's number for the whole process."""
    check_int8(precision)
    check_precision(precision, engine="pytorch", allowed=PRECISIONS)
    model = source if isinstance(source, DepthModel) else read_depth_model(source)
    target = torch_device(device)
    model = _in_int8(model, target=target, precision=precision)
    if threads is not None:
        torch.set_num_threads(threads)
    model = model.to(device=target, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
    return NetworkPredictor(
        name=model.name,
        kind=model.kind,
        input_spec=model.input_spec,
        network=_runner(model, target=target, precision=precision),
        engine="pytorch",
        precision=_held_precision(source) if precision == "fp32" else precision,
        device=str(target),
        weights_file=source if isinstance(source, Path) else None,
        num_previous=model.num_previous,
    )


def torch_device(name: str) -> torch.device:
    """The torch device of a name; ``auto`` takes CUDA where there is one."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise HondoError(f"device '{name}' is unknown; use auto, cpu, cuda, cuda:N or mps", field="device") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise HondoError(f"device '{name}': torch finds {count} CUDA devices here; use cpu", field="device")
    return device


def read_depth_model(path: Path) -> DepthModel:
    """The depth model in an own checkpoint."""
    from hondo.models.registry.build_model import build_model

    model = build_model(path)
    if not isinstance(model, DepthModel):
        raise HondoError(f"{path} holds a pose network; it gives no depth")
    return model


def mixed_precision(target: torch.device, precision: str) -> Callable:
    """What opens the context in which a network computes in ``precision``, with its weights in float32."""
    dtype = {"fp16": torch.float16, "bf16": torch.bfloat16}.get(precision)
    return nullcontext if dtype is None else lambda: torch.autocast(target.type, dtype=dtype)


def _in_int8(model: DepthModel, *, target: torch.device, precision: str) -> DepthModel:
    """The model, or in the int8 precisions a copy: weights are rounded, or also multiplied as whole numbers."""
    if precision == "int8-weights":
        return with_int8_weights(model)
    if precision == "int8-dynamic" and target.type != "cpu":
        raise HondoError(
            f"precision 'int8-dynamic' of engine pytorch runs on the CPU, not on {target}; take fp16 there"
        )
    return with_int8_linears(model) if precision == "int8-dynamic" else model


def _held_precision(source: DepthModel | Path) -> str:
    """What the weights of a file were rounded to, if that is less than it looks when they are read."""
    from hondo.models.base.weights_file import read_header

    return "int8-weights" if isinstance(source, Path) and read_header(source).int8 else "fp32"


def _runner(model: DepthModel, *, target: torch.device, precision: str) -> Callable[..., np.ndarray]:
    """The model on arrays: an image, or an image, the frames before and K."""
    mixed = mixed_precision(target, precision)

    def run(image: Float[np.ndarray, "b 3 H W"], *views: np.ndarray) -> Float[np.ndarray, "b 1 _ _"]:
        tensor = torch.from_numpy(image).to(target).contiguous(memory_format=torch.channels_last)
        with torch.inference_mode(), mixed():
            return model(tensor, *(torch.from_numpy(view).to(target) for view in views))[0].float().cpu().numpy()

    return run
