"""The named models, and build_model: a name, a checkpoint or a run folder in, a network with its weights out."""

import inspect
import logging
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import torch

from hondo.core.errors import HondoError, unknown
from hondo.core.tables import Table
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.pose_model import PoseModel
from hondo.models.base.weights_file import (
    WeightsMismatchError,
    assign_weights,
    find_mismatch,
    read_header,
    read_tensors,
    share_loaded,
)
from hondo.models.published.published import ForeignFileError, Published
from hondo.models.registry.facts import stored_facts
from hondo.models.registry.variant import origin_of

Model = DepthModel | PoseModel
Build = Callable[..., Model]  # options, all keyword-only, to a model

ZOO: Table[Build] = Table(
    "model",
    {
        "hondo-nano": "hondo.models.families.nano:hondo_nano",
        "manydepth": "hondo.models.families.manydepth:manydepth",
        "manydepth-resnet50": "hondo.models.families.manydepth:manydepth_resnet50",
        "manydepth-pose": "hondo.models.families.manydepth:manydepth_pose",
        "monodepth2": "hondo.models.families.monodepth2:monodepth2",
        "monodepth2-resnet50": "hondo.models.families.monodepth2:monodepth2_resnet50",
        "monodepth2-pose": "hondo.models.families.monodepth2:monodepth2_pose",
        "nano-pose": "hondo.models.base.pose_model:nano_pose",
        "pose": "hondo.models.base.pose_model:pose",
        "unet": "hondo.models.families.unet:unet",
        "unet-litehybrid": "hondo.models.families.unet:unet_litehybrid",
        "unet-light": "hondo.models.families.unet:unet_light",
        "unet-resnet18": "hondo.models.families.unet:unet_resnet18",
        "unet-resnet50": "hondo.models.families.unet:unet_resnet50",
        "unet-mobilenetv3": "hondo.models.families.unet:unet_mobilenetv3",
        "unet-efficientnet-b0": "hondo.models.families.unet:unet_efficientnet_b0",
        "unet-convnext-atto": "hondo.models.families.unet:unet_convnext_atto",
        "unet-pvtv2-b0": "hondo.models.families.unet:unet_pvtv2_b0",
        "unet-swin-t": "hondo.models.families.unet:unet_swin_t",
        "vit-middle": "hondo.models.families.vtdepth:vit_middle",
        "adabins-kitti": "hondo.models.families.adabins:adabins_kitti",
        "adabins-nyu": "hondo.models.families.adabins:adabins_nyu",
        "depth-anything-s": "hondo.models.families.depth_anything:depth_anything_s",
        "depth-anything-s-indoor": "hondo.models.families.depth_anything:depth_anything_s_indoor",
        "depth-anything-s-outdoor": "hondo.models.families.depth_anything:depth_anything_s_outdoor",
        "depth-anything-b": "hondo.models.families.depth_anything:depth_anything_b",
        "depth-anything-b-indoor": "hondo.models.families.depth_anything:depth_anything_b_indoor",
        "depth-anything-b-outdoor": "hondo.models.families.depth_anything:depth_anything_b_outdoor",
        "depth-anything-l": "hondo.models.families.depth_anything:depth_anything_l",
        "depth-anything-l-indoor": "hondo.models.families.depth_anything:depth_anything_l_indoor",
        "depth-anything-l-outdoor": "hondo.models.families.depth_anything:depth_anything_l_outdoor",
        "dpt": "hondo.models.families.dpt:dpt",
        "dpt-base": "hondo.models.families.dpt:dpt_base",
        "dpt-hybrid": "hondo.models.families.dpt:dpt_hybrid",
        "dpt-hybrid-kitti": "hondo.models.families.dpt:dpt_hybrid_kitti",
        "dpt-hybrid-nyu": "hondo.models.families.dpt:dpt_hybrid_nyu",
        "dpt-large": "hondo.models.families.dpt:dpt_large",
        "dpt-thesis": "hondo.models.families.dpt:dpt_thesis",
        "fastdepth": "hondo.models.families.fastdepth:fastdepth",
        "fastdepth-pruned": "hondo.models.families.fastdepth:fastdepth_pruned",
        "mobiledepth": "hondo.models.families.mobiledepth:mobiledepth",
        "puretransformer": "hondo.models.families.vtdepth:puretransformer",
        "shuffle-unet": "hondo.models.families.vtdepth:shuffle_unet",
        "bts-kitti": "hondo.models.families.bts:bts_kitti",
        "bts-nyu": "hondo.models.families.bts:bts_nyu",
        "glpn-kitti": "hondo.models.families.glpn:glpn_kitti",
        "glpn-nyu": "hondo.models.families.glpn:glpn_nyu",
        "vtdepth-a0": "hondo.models.families.vtdepth:vtdepth_a0",
        "vtdepth-b0": "hondo.models.families.vtdepth:vtdepth_b0",
        "vtdepth-b1": "hondo.models.families.vtdepth:vtdepth_b1",
        "vtdepth-b2": "hondo.models.families.vtdepth:vtdepth_b2",
        "vtdepth-c0": "hondo.models.families.vtdepth:vtdepth_c0",
        "vtdepth-pcpvt": "hondo.models.families.vtdepth:vtdepth_pcpvt",
        "vtdepth-pose": "hondo.models.families.vtdepth:vtdepth_pose",
        "vtdepth-pvtv1-small": "hondo.models.families.vtdepth:vtdepth_pvtv1_small",
        "vtdepth-pvtv1-tiny": "hondo.models.families.vtdepth:vtdepth_pvtv1_tiny",
        "vtdepth-svt": "hondo.models.families.vtdepth:vtdepth_svt",
        "vtdepth-swin-t": "hondo.models.families.vtdepth:vtdepth_swin_t",
    },
)

# Models that torch.export cannot take, and why. The contract tests export all others, and check that these do fail.
NOT_EXPORTABLE: dict[str, str] = {}

PACKAGED = Path(__file__).resolve().parents[2] / "assets" / "weights"
MOST_BUFFERS = 1.5  # a file's numbers over its model's parameters: statistics of norms, constant grids
_EXPORTED = {".onnx", ".xml", ".engine", ".pt2", ".pte"}
_log = logging.getLogger(__name__)


def build_model(name: str | Path, weights: str | Path | None = None, *, strict: bool = True, **options: Any) -> Model:
    """A model in eval mode, on the CPU.

    ``name``: of the zoo, an own .safetensors file, or a run folder. ``weights``: a file or folder; "random" for fresh
    ones; None for those that ship with hondo, or fresh ones where none do. ``strict=False``: weights that do not fit
    are left out and logged.
    """
    if name not in ZOO:
        path = _checkpoint(Path(name))
        if weights is not None:
            raise HondoError(f"{name} already holds weights; give the name of a model to load {weights}")
        return _from_checkpoint(read_header(path).name, path, strict=strict, options=options)
    name = str(name)
    path = packaged_weights(name) if weights is None else Path(weights)
    if path is None or weights == "random":
        return _build(name, options).eval()
    if path.suffix == ".safetensors" or (path / "checkpoints").is_dir():
        return _from_checkpoint(name, _checkpoint(path), strict=strict, options=options)
    return _from_published(name, path, strict=strict, options=options)


def packaged_weights(name: str) -> Path | None:
    """The weights that ship inside hondo for a named model."""
    path = PACKAGED / f"{name}.safetensors"
    return path if path.exists() else None


def check_options(name: str, options: dict[str, Any]) -> dict[str, Any]:
    """Every option of a variant with its value: the given ones over the defaults. Refuses those it does not have."""
    parameters = inspect.signature(ZOO[name]).parameters
    is_open = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    allowed = {key: each for key, each in parameters.items() if each.kind is not each.VAR_KEYWORD}
    for option, value in options.items():
        if option not in allowed and not is_open:
            raise HondoError(f"model '{name}' has no option '{option}'; it has: {', '.join(sorted(allowed)) or 'none'}")
        if option in allowed and not fits(value, allowed[option].annotation):
            default, wanted = allowed[option].default, named(allowed[option].annotation)
            like = f" like {default!r}" if default is not None else ""
            article = "an" if wanted[0] in "aeiou" else "a"
            raise HondoError(f"option '{option}' of model '{name}' is {article} {wanted}{like}, got {value!r}")
    return {key: each.default for key, each in allowed.items()} | options


def _build(name: str, options: dict[str, Any]) -> Model:
    complete = check_options(name, options)
    model = ZOO[name](**options)
    model.name = name
    # A checkpoint brings its weights: built again, it asks nobody for pretrained ones.
    model.options = {key: value for key, value in complete.items() if key != "pretrained"}
    return model


def _from_checkpoint(name: str, path: Path, *, strict: bool, options: dict[str, Any]) -> Model:
    """``options`` replace the stored ones; a checkpoint of another model is tried with the defaults of this one."""
    header, tensors = read_header(path), read_tensors(path)
    if name not in ZOO:
        raise HondoError(f"{path} holds a model that this version does not have: {unknown('model', name, ZOO)}")
    complete = (header.options if header.name == name else {}) | options
    model = _with_weights(name, complete, Published(tensors=tensors), source=path, strict=strict)
    if header.name == name and "size_hw" not in options:
        model.set_input_spec(header.input_spec)
    return model


def _from_published(name: str, path: Path, *, strict: bool, options: dict[str, Any]) -> Model:
    """The authors' file decides some options; given ones count before it."""
    if not path.exists():
        raise HondoError(f"weights {path} do not exist")
    try:
        published = _published(name, path)
        return _with_weights(name, {**published.options, **options}, published, source=path, strict=strict)
    except (ForeignFileError, WeightsMismatchError) as error:
        fitting = models_that_fit(path, asked=name)
        hint = f"; the file fits {' or '.join(fitting)}" if fitting else ""
        raise HondoError(f"{error}{hint}") from error


def _published(name: str, path: Path) -> Published:
    origin = origin_of(ZOO[name])
    if origin is None or origin.read is None:
        raise ForeignFileError(f"model '{name}' reads hondo's own .safetensors files and run folders, not {path}")
    return origin.read(path)


def models_that_fit(path: Path, *, asked: str) -> list[str]:
    """The variants whose reader takes a published file, and whose weights it holds, each to the last shape."""
    fitting, read_once = [], cache(_read_or_none)
    for name in ZOO:
        origin = origin_of(ZOO[name])
        if name == asked or origin is None or origin.read is None:
            continue
        published = read_once(origin.read, path)
        if published is None or not _may_fit(name, published):
            continue
        try:
            with torch.device("meta"):
                model = _build(name, dict(published.options))
        except HondoError:  # options that this variant does not take
            continue
        if not find_mismatch(model, published.tensors_for(model)):
            fitting.append(name)
    return fitting


def _may_fit(name: str, published: Published) -> bool:
    """Whether a file holds about as many numbers as the model, told without building it; most options change that."""
    count = sum(tensor.numel() for tensor in published.tensors.values())
    is_plain = not published.options.keys() - {"size_hw"}
    known = [fact.parameters for fact in stored_facts() if fact.name == name and is_plain]
    return all(parameters <= count <= MOST_BUFFERS * parameters for parameters in known)


def _read_or_none(read: Callable[[Path], Published], path: Path) -> Published | None:
    try:
        return read(path)
    except HondoError:
        return None


def _with_weights(name: str, options: dict[str, Any], published: Published, *, source: Path, strict: bool) -> Model:
    """Built without memory of its own; the tensors themselves become its weights."""
    with torch.device("meta"):
        model = _build(name, options)
    tensors = published.tensors_for(model)
    mismatch = assign_weights(model, tensors, source=str(source), strict=strict)
    if any(tensor.is_meta for tensor in (*model.parameters(), *model.buffers())):
        model = _build(name, options)  # for what the file does not hold: buffers outside the state dict, missing keys
        assign_weights(model, tensors, source=str(source), strict=strict)
    if mismatch:
        _log.warning(
            "%s: %.0f %% of the weights of '%s' were loaded; these do not fit and were left out: %s",
            source,
            100 * share_loaded(model, tensors),
            name,
            mismatch,
        )
    return model.eval()


def _checkpoint(path: Path) -> Path:
    """The own checkpoint behind a file or a run folder; a name that is neither is taken for a misspelt model."""
    if path.is_dir():
        found = [file for file in ("best", "last") if (path / "checkpoints" / f"{file}.safetensors").is_file()]
        if not found:
            raise HondoError(f"{path} is no run folder: it has no checkpoints/best.safetensors or last.safetensors")
        return path / "checkpoints" / f"{found[0]}.safetensors"
    if path.suffix in _EXPORTED:
        raise HondoError(f"{path} is an exported network; load it with hondo.load, only checkpoints can be built")
    if path.suffix != ".safetensors" and path.is_file():
        raise HondoError(f"{path} is no model file; give a .safetensors, .onnx or .xml file, a run folder, or a name")
    if path.suffix != ".safetensors":
        raise unknown("model", str(path), ZOO)
    return path


def fits(value: Any, annotation: Any) -> bool:
    """For the types that options have: numbers, words, tuples of them, alternatives. Any other type fits.

    Lists stand in for tuples (JSON knows no others), whole numbers for floats; booleans are no numbers.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return any(fits(value, each) for each in arguments)
    if origin is Literal:
        return value in arguments
    if annotation is tuple or origin in (tuple, Sequence):
        return isinstance(value, tuple | list) and _all_fit(value, arguments)
    if annotation in (int, float):
        return isinstance(value, (int, annotation)) and not isinstance(value, bool)
    return isinstance(value, annotation) if annotation in (str, bool, NoneType) else True


def named(annotation: Any) -> str:
    """The type in words of Python, without the None that stands for "the model's own"."""
    return inspect.formatannotation(annotation).replace("collections.abc.", "").removesuffix(" | None")


def _all_fit(values: Sequence[Any], arguments: tuple[Any, ...]) -> bool:
    if not arguments:
        return True
    if len(arguments) == 1 or arguments[-1] is Ellipsis:
        return all(fits(value, arguments[0]) for value in values)
    return len(values) == len(arguments) and all(map(fits, values, arguments))
