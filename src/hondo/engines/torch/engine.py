"""PyTorch as an engine: any DepthModel on any torch device. Its file is hondo's own .safetensors."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from hondo.core.errors import HondoError
from hondo.engines.base.engine import (
    INT8_DYNAMIC,
    INT8_STATIC,
    INT8_WEIGHTS,
    Engine,
    ExportOptions,
    LoadOptions,
    Support,
)
from hondo.engines.base.layer_times import LayerTime
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.torch.int8 import quantizable_layers, weight_keys, with_int8_linears, with_int8_weights
from hondo.engines.tracing.export_graph import DTYPES
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.feature_memory import FeatureMemory, keeps_features
from hondo.models.base.multi_frame import MultiFrameModel

DEVICES = ("cpu", "cuda", "mps", "xpu")


def export(model: DepthModel, path: Path, options: ExportOptions) -> Path:
    """Writes the weights and everything needed to build the model again; such a file runs at any size.

    int8-weights: with calibration images, the layers that cost more accuracy than is allowed stay in float32.
    """
    from hondo.models.base.weights_file import save_model

    is_int8 = options.precision == INT8_WEIGHTS
    int8 = weight_keys(quantizable_layers(model, options.quantization)) if is_int8 else ()
    training = {"compression": list(options.history)} if options.history else {}
    save_model(model, path, licence=options.licence, training=training, half=options.precision == "fp16", int8=int8)
    return path


def load(source: DepthModel | Path, options: LoadOptions) -> NetworkPredictor:
    """Runs a model, or the file of one. ``threads`` sets torch's number for the whole process."""
    model = read_depth_model(source) if isinstance(source, Path) else source
    target, precision = torch_device(options.device), options.precision
    model = _in_int8(model, precision=precision)
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    model = model.to(device=target, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
    run = _runner(model, target=target, precision=precision)
    return NetworkPredictor(
        name=model.name,
        kind=model.kind,
        input_spec=model.input_spec,
        network=run,
        layer_times=(lambda *inputs: layer_times(run, *inputs)) if target.type == "cpu" else None,
        engine=ENGINE.name,
        precision=_stored_precision(source) if precision == "fp32" else precision,
        device=str(target),
        weights_file=source if isinstance(source, Path) else None,
        num_previous=model.num_previous,
        metres=model.metres,
        has_confidence=model.has_confidence,
        remember=_remembering(model, target=target, precision=precision),
    )


def read_depth_model(path: Path) -> DepthModel:
    """The depth model of hondo's own checkpoint."""
    from hondo.models.registry.build_model import build_model

    model = build_model(path)
    if not isinstance(model, DepthModel):
        raise HondoError(f"{path} holds a pose network; it gives no depth")
    return model


def _in_int8(model: DepthModel, *, precision: str) -> DepthModel:
    """The model; in the int8 precisions a copy whose weights are rounded, or that also multiplies integers."""
    if precision == INT8_WEIGHTS:
        return with_int8_weights(model)
    return with_int8_linears(model) if precision == INT8_DYNAMIC else model


def _stored_precision(source: DepthModel | Path) -> str:
    """The precision that the weights of a file were rounded to: they are read as float."""
    from hondo.models.base.weights_file import read_header

    return INT8_WEIGHTS if isinstance(source, Path) and read_header(source).int8 else "fp32"


def _runner(model: DepthModel, *, target: torch.device, precision: str) -> Callable[..., Float[np.ndarray, "b c h w"]]:
    """The model on arrays: an image, or an image, the frames before and K."""
    mixed = mixed_precision(target, precision)

    def run(image: Float[np.ndarray, "b 3 H W"], *views: Float[np.ndarray, "..."]) -> Float[np.ndarray, "b c _ _"]:
        tensor = torch.from_numpy(image).to(target).contiguous(memory_format=torch.channels_last)
        with torch.inference_mode(), mixed():
            return model(tensor, *(torch.from_numpy(view).to(target) for view in views))[0].float().cpu().numpy()

    return run


def _remembering(
    model: DepthModel, *, target: torch.device, precision: str
) -> Callable[[], Callable[..., Float[np.ndarray, "b c h w"]]] | None:
    """Opens streams that keep the features of past frames, for models that match frames."""
    if not (isinstance(model, MultiFrameModel) and keeps_features(model)):
        return None
    mixed = mixed_precision(target, precision)

    def open_stream() -> Callable[..., Float[np.ndarray, "b c h w"]]:
        memory = FeatureMemory(model)

        def step(*inputs: Float[np.ndarray, "..."]) -> Float[np.ndarray, "b c h w"]:
            with torch.inference_mode(), mixed():
                return memory(*(torch.from_numpy(each).to(target) for each in inputs)).float().cpu().numpy()

        return step

    return open_stream


def layer_times(
    run: Callable[..., Float[np.ndarray, "b c h w"]], *inputs: Float[np.ndarray, "..."]
) -> tuple[LayerTime, ...]:
    """The operations of the second of two calls by torch's profiler; a name is the shapes of its inputs."""
    from torch.autograd.profiler import profile

    run(*inputs)
    profiled = profile(record_shapes=True, use_kineto=False)
    with profiled:
        run(*inputs)
    return tuple(
        LayerTime(
            name=" x ".join(str(shape) for shape in event.input_shapes if shape) or event.name,
            kind=event.name,
            kernel="oneDNN" if "mkldnn" in event.name else "PyTorch",
            milliseconds=event.self_cpu_time_total / 1000,
        )
        for event in profiled.function_events or ()
    )


def auto_device() -> str:
    """CUDA where there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def torch_device(name: str) -> torch.device:
    """The torch device of a name; ``auto``: see ``auto_device``."""
    if name == "auto":
        return torch.device(auto_device())
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise HondoError(f"device '{name}' is unknown; use auto, cpu, cuda, cuda:N or mps", field="device") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise HondoError(f"device '{name}': torch finds {count} CUDA devices here; use cpu", field="device")
    return device


def mixed_precision(target: torch.device, precision: str) -> Callable:
    """Makes the context in which a network computes in ``precision``, with its weights in float32."""
    dtype = DTYPES.get(precision, torch.float32)
    return nullcontext if dtype is torch.float32 else lambda: torch.autocast(target.type, dtype=dtype)


ENGINE = Engine(
    name="torch",
    load_function=load,
    export_function=export,
    supports={
        "fp32": Support(),
        "fp16": Support(),
        "bf16": Support(exports=False),
        INT8_DYNAMIC: Support(exports=False, devices=("cpu",)),
        INT8_WEIGHTS: Support(images="optional"),
    },
    suffix=".safetensors",
    exports_batch=False,
    devices=DEVICES,
    auto_device=auto_device,
    advice={
        INT8_STATIC: "for int8 with calibration images export to openvino or onnx; without, take int8-dynamic or "
        "int8-weights"
    },
)
