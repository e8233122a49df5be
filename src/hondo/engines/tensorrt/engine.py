"""TensorRT as an engine. Its file is a plan: hondo's mark, a line of JSON (header and GPU), then TensorRT's bytes."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from hondo.core.atomic import atomic_write
from hondo.core.errors import HondoError
from hondo.core.integrity.seal import sealed
from hondo.core.text_file import load_object
from hondo.engines.base.compiled import Call, Shape, compiled_per_shape, predictor_of
from hondo.engines.base.engine import Engine, ExportOptions, LoadOptions, Support
from hondo.engines.base.metadata import ExportHeader, export_spec, header_of
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.onnx.proto import proto_of, with_header
from hondo.engines.tensorrt.onnx_rules import check_for_tensorrt
from hondo.engines.torch.engine import torch_device
from hondo.engines.tracing.graph_inputs import INPUTS, shapes_of
from hondo.models.base.depth_model import DepthModel

if TYPE_CHECKING:
    import torch

MARK = b"hondo-tensorrt-plan 1\n"


@dataclass(frozen=True, kw_only=True)
class Card:
    """The GPU of a plan, which is machine code for one GPU and one version of TensorRT."""

    name: str
    capability: str  # NVIDIA's, e.g. 8.6
    tensorrt: str

    def check(self, here: "Card", *, path: Path) -> None:
        """Refuses a plan that was built for another card or by another TensorRT."""
        if (self.name, self.capability) != (here.name, here.capability):
            raise HondoError(
                f"{path} was built for {self.name} (compute {self.capability}), this is {here.name} "
                f"({here.capability}); export it again here"
            )
        if self.tensorrt != here.tensorrt:
            raise HondoError(f"{path} was built by TensorRT {self.tensorrt}, this is {here.tensorrt}; export it again")


def pack(plan: bytes, *, header: ExportHeader, card: Card) -> bytes:
    """The bytes of the file."""
    about = json.dumps({"header": header.to_json(), "card": asdict(card)})
    return MARK + about.encode() + b"\n" + plan


def unpack(content: bytes, *, path: Path) -> tuple[ExportHeader, Card, bytes]:
    """Header, GPU and plan of a file; a plan of another program has no header, and is refused."""
    if not content.startswith(MARK):
        raise HondoError(f"{path} is not a plan that hondo built; export the model to tensorrt")
    about, _, plan = content[len(MARK) :].partition(b"\n")
    try:
        stored = load_object(about, name="the header")
        return ExportHeader.from_json(stored["header"], path=path), Card(**stored["card"]), plan
    except (KeyError, TypeError, ValueError) as error:
        raise HondoError(f"{path}: its header cannot be read ({error}); export it again") from error


LARGEST = 4  # times the native side, and images at once, that a plan of any size takes


def export(model: DepthModel, path: Path, options: ExportOptions) -> Path:
    """Builds a plan for the GPU of this machine, and writes it with its header and the GPU it fits."""
    import tensorrt as trt  # pyright: ignore[reportMissingImports]

    card = card_here(trt)
    spec = export_spec(model.input_spec, size_hw=options.size_hw, dynamic=options.dynamic)
    header = header_of(model, spec=spec, precision=options.precision, licence=options.licence, batch=options.batch)
    shape = (options.batch, 3, *spec.size_hw)
    content = _onnx_bytes(model, shape=shape, header=header, dynamic=options.dynamic)
    multiple_of = spec.multiple_of if options.dynamic else None
    plan = build_plan(trt, content, header=header, shape=shape, multiple_of=multiple_of)
    return atomic_write(path, sealed(pack(plan, header=header, card=card)))


def load(source: DepthModel | Path, options: LoadOptions) -> NetworkPredictor:
    """Runs a plan on the GPU it was built for, or a model, by a plan for each size that comes (minutes each)."""
    import tensorrt as trt  # pyright: ignore[reportMissingImports]

    card = card_here(trt)
    target = torch_device(ENGINE.device_named(options.device))
    if isinstance(source, Path):
        header, built_on, plan = unpack(source.read_bytes(), path=source)
        header.check_whole(source)
        built_on.check(card, path=source)
        ENGINE.precision_of_file(options, stored=header.precision, path=source)
        call = runner(trt, plan, target=target, name=str(source))
    else:
        header = ExportHeader.of(source, precision=options.precision)
        call = compiled_per_shape(_plan_per_shape(trt, source, header=header, target=target))
    return predictor_of(call, header, source=source, engine=ENGINE.name, device=str(target))


def _plan_per_shape(
    trt: Any, model: DepthModel, *, header: ExportHeader, target: "torch.device"
) -> Callable[[Shape], Call]:
    def call_for(shape: Shape) -> Call:
        content = _onnx_bytes(model, shape=shape, header=header, dynamic=False)
        plan = build_plan(trt, content, header=header, shape=shape, multiple_of=None)
        return runner(trt, plan, target=target, name=model.name)

    return call_for


def _onnx_bytes(model: DepthModel, *, shape: Shape, header: ExportHeader, dynamic: bool) -> bytes:
    return with_header(proto_of(model, shape=shape, is_half=header.precision == "fp16", dynamic=dynamic), header)


def build_plan(trt: Any, content: bytes, *, header: ExportHeader, shape: Shape, multiple_of: int | None) -> bytes:
    """TensorRT's plan of an ONNX graph, in the types that the graph states; ``multiple_of``: for any size."""
    name = header.name
    check_for_tensorrt(content, name=name)
    builder = trt.Builder(trt.Logger(trt.Logger.ERROR))
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = trt.OnnxParser(network, trt.Logger(trt.Logger.ERROR))
    if not parser.parse(content):
        errors = "; ".join(str(parser.get_error(index)) for index in range(parser.num_errors))
        raise HondoError(f"{name}: TensorRT cannot take its graph ({' '.join(errors.split())[:200]})")
    config = builder.create_builder_config()
    if multiple_of is not None:
        profile = builder.create_optimization_profile()
        ranges = [
            shapes_of(each, num_previous=header.num_previous) for each in shape_range(shape, multiple_of=multiple_of)
        ]
        for name in ranges[0]:
            profile.set_shape(name, *(each[name] for each in ranges))
        config.add_optimization_profile(profile)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise HondoError(
            f'{name}: TensorRT built no plan; its memory may be short, try precision="fp16" or a smaller size'
        )
    return bytes(plan)


def shape_range(shape: Shape, *, multiple_of: int) -> tuple[Shape, Shape, Shape]:
    """The smallest, the usual and the largest input of a plan that takes any size."""
    batch, channels, height, width = shape
    return (
        (1, channels, multiple_of, multiple_of),
        shape,
        (LARGEST * batch, channels, LARGEST * height, LARGEST * width),
    )


def runner(trt: Any, plan: bytes, *, target: "torch.device", name: str) -> Call:
    """Runs a plan on torch's memory and stream."""
    import torch

    engine = trt.Runtime(trt.Logger(trt.Logger.ERROR)).deserialize_cuda_engine(plan)
    if engine is None:
        raise HondoError(f"{name}: TensorRT {trt.__version__} cannot read this plan; export it again here")
    context = engine.create_execution_context()
    stream = torch.cuda.Stream(target)

    def run(*inputs: Float[np.ndarray, "..."]) -> Float[np.ndarray, "b c h w"]:
        named = dict(zip(INPUTS, inputs, strict=False))
        for key, given in named.items():
            if not context.set_input_shape(key, given.shape):
                raise HondoError(f"{name}: this plan does not take {key} of {'x'.join(map(str, given.shape))}")
        with torch.cuda.stream(stream):
            held = {key: torch.from_numpy(given).to(target).contiguous() for key, given in named.items()}
            held["depth"] = torch.empty(tuple(context.get_tensor_shape("depth")), dtype=torch.float32, device=target)
            for key, tensor in held.items():
                context.set_tensor_address(key, tensor.data_ptr())
            if not context.execute_async_v3(stream.cuda_stream):
                raise HondoError(f"{name}: TensorRT failed while it ran; the GPU may be out of memory")
            return held["depth"].cpu().numpy()

    return run


def card_here(trt: Any) -> Card:
    """The GPU that plans are built for, and the version of TensorRT that builds them."""
    import torch

    if not torch.cuda.is_available():
        raise HondoError(
            'engine tensorrt needs an NVIDIA GPU, and torch finds none here; use engine="openvino"', field="engine"
        )
    capability = ".".join(map(str, torch.cuda.get_device_capability()))
    return Card(name=torch.cuda.get_device_name(), capability=capability, tensorrt=trt.__version__)


ENGINE = Engine(
    name="tensorrt",
    load_function=load,
    export_function=export,
    supports={"fp32": Support(), "fp16": Support()},
    suffix=".engine",
    devices=("cuda",),
    auto_device=lambda: "cuda",
    packages=("tensorrt",),
    model_packages=("onnx", "onnxscript"),
    extra="tensorrt,onnx",
    compared_on="cuda",
)
