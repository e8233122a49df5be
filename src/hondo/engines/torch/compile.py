"""torch.compile as an engine. It has no file; compiled code is kept in hondo's cache for the next start."""

import os
import shutil
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from hondo.core.cache import cache_folder
from hondo.core.errors import HondoError, reason_of
from hondo.engines.base.compiled import Call, Shape, compiled_per_shape, predictor_of
from hondo.engines.base.engine import Engine, LoadOptions, Support
from hondo.engines.base.metadata import ExportHeader
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.torch.engine import DEVICES, auto_device, mixed_precision, read_depth_model, torch_device
from hondo.engines.tracing.export_graph import quiet, trace
from hondo.engines.tracing.graph_inputs import alone
from hondo.models.base.depth_model import DepthModel


def load(source: DepthModel | Path, options: LoadOptions) -> NetworkPredictor:
    """Runs a model, compiled for each input size that comes: half a minute at first, seconds from the cache."""
    target, precision = torch_device(options.device), options.precision
    use_compiler(target, engine=ENGINE.name)
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    model = source if isinstance(source, DepthModel) else read_depth_model(source)
    copied = deepcopy(model).to(target).eval()
    call = compiled_per_shape(lambda shape: _compiled(copied, target=target, precision=precision, shape=shape))
    header = ExportHeader.of(model, precision=precision)
    predictor = predictor_of(call, header, source=model, engine=ENGINE.name, device=str(target))
    return replace(predictor, weights_file=source if isinstance(source, Path) else None)


def use_compiler(target: torch.device, *, engine: str) -> None:
    """Keeps Inductor's compiled code in hondo's cache, and refuses at once where there is no C++ compiler for it."""
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(cache_folder("inductor")))
    compilers = [os.environ.get("CXX", ""), "g++", "clang++", "cl"]
    if target.type == "cpu" and not any(shutil.which(name) for name in compilers if name):
        raise HondoError(
            f"engine {engine} needs a C++ compiler and finds none; install one (Debian: apt install g++), "
            'or use engine="openvino" or "onnx"',
            field="engine",
        )


def inductor_options(target: torch.device) -> dict[str, Any]:
    """Weights are constants, folded and laid out once; on CUDA, kernel launches are replayed."""
    return {"freezing": True} | ({"triton.cudagraphs": True} if target.type == "cuda" else {})


def _compiled(model: DepthModel, *, target: torch.device, precision: str, shape: Shape) -> Call:
    mixed = mixed_precision(target, precision)
    with mixed():  # casts that change nothing in float32 would be left out of the graph, and are missed in bf16
        program = trace(model, size_hw=shape[2:], batch=shape[0], device=target)  # one graph, whatever Python it holds
    with quiet():
        call = torch.compile(program.module(), dynamic=False, options=inductor_options(target))

    def run(*inputs: Float[np.ndarray, "..."]) -> Float[np.ndarray, "b c h w"]:
        tensors = [torch.from_numpy(each).to(target) for each in inputs]
        with torch.inference_mode(), mixed():
            return call(*tensors).cpu().numpy()

    with quiet():
        try:
            run(*alone(np.zeros(shape, dtype=np.float32), num_previous=model.num_previous))
        except Exception as error:  # the compilers of torch raise many classes that share no base but Exception
            reason = reason_of(error)[:200]
            raise HondoError(
                f'torch.compile cannot compile this model ({reason}); use engine="torch"', field="engine"
            ) from error
    return run


ENGINE = Engine(
    name="torch-compile",
    load_function=load,
    supports=dict.fromkeys(("fp32", "fp16", "bf16"), Support(exports=False)),
    devices=DEVICES,
    auto_device=auto_device,
    advice={"export": "export to aot-inductor (.pt2), which uses the same compiler"},
)
