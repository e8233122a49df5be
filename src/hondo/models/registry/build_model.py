"""build_model: from a name, a checkpoint or a run folder to a network with its weights."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import torch
from torch import Tensor

from hondo.core.errors import HondoError, reason_of, unknown, warn
from hondo.core.types import DepthKind
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.structure import STRUCTURE, restructure
from hondo.models.base.weights_file import (
    NOT_OURS,
    WeightsHeader,
    WeightsMismatchError,
    assign_weights,
    find_mismatch,
    read_checkpoint,
    share_loaded,
)
from hondo.models.download.named_weights import DOWNLOAD, named_weights
from hondo.models.published.published import ForeignFileError, Published
from hondo.models.registry.facts import stored_facts
from hondo.models.registry.variant import origin_of
from hondo.models.registry.zoo import PACKAGED_WEIGHTS, ZOO, Model

MAX_BUFFER_RATIO = 1.5  # values in a file / parameters of its model: batch-norm statistics and constant grids add some
HUGGING_FACE_FILES = ("model.safetensors", "pytorch_model.bin")  # the weights in a folder of its hub
_EXPORTED = {".onnx", ".xml", ".engine", ".pt2", ".pte"}


def build_model(name: str | Path, weights: str | Path | None = None, *, strict: bool = True, **options: Any) -> Model:
    """Builds a model on the CPU, in eval mode.

    ``name``: a name in ZOO, a .safetensors checkpoint written by hondo, or a run folder. ``weights``: a file or folder
    (own, the authors', or Hugging Face's), "random" for a fresh initialisation, "download" for the published ones
    (or the name of one of them, such as "stereo_640x192"), or None for the weights that ship with hondo (random if
    there are none).
    With ``strict=False``, weights that do not fit are left out with a warning. ``options`` override the variant's
    defaults.

    >>> model = hondo.build_model("hondo-nano")
    >>> maps = model(torch.zeros(1, 3, 192, 256))  # RGB 0..1 -> the finest map first, in the unit of model.kind
    >>> len(maps), maps[0].shape
    (1, torch.Size([1, 1, 192, 256]))
    """
    if name not in ZOO:
        path = _checkpoint(Path(name))
        if weights is not None:
            raise HondoError(f"{name} already holds weights; give the name of a model to load {weights}")
        if (own := read_checkpoint(path)) is None:
            raise HondoError(f"{path} {NOT_OURS}")
        return _from_checkpoint(own[0].name, path, *own, strict=strict, options=options)
    name = str(name)
    if weights is not None and (published := named_weights(name, weights, options)) is not None:
        weights, options = published.path, dict(published.options)
    path = PACKAGED_WEIGHTS.get(name) if weights in (None, DOWNLOAD) else Path(weights)
    if path is None or weights == "random":
        return _build(name, options).eval()
    path = _checkpoint(path) if (path / "checkpoints").is_dir() else path
    if own := read_checkpoint(path):
        return _from_checkpoint(name, path, *own, strict=strict, options=options)
    return _from_published(name, path, strict=strict, options=options)


def _build(name: str, options: dict[str, Any]) -> Model:
    own = {key: value for key, value in options.items() if key != STRUCTURE}
    complete = check_options(name, own)
    model = ZOO[name](**own)
    model.name = name
    # A checkpoint holds all weights, so rebuilding it must not download pretrained ones.
    model.options = {key: value for key, value in complete.items() if key != "pretrained"}
    if structure := options.get(STRUCTURE):
        restructure(model, structure)
        model.options[STRUCTURE] = structure
    return model


def _from_checkpoint(
    name: str,
    path: Path,
    header: WeightsHeader,
    tensors: Mapping[str, Tensor],
    *,
    strict: bool,
    options: dict[str, Any],
) -> Model:
    """``options`` override the stored ones; a checkpoint of another model is tried with this model's defaults."""
    if name not in ZOO:
        raise HondoError(f"{path} holds a model that this version does not have: {unknown('model', name, ZOO)}")
    complete = (header.options if header.name == name else {}) | options
    with _file_errors(path):
        model = _with_weights(name, complete, Published(tensors=tensors), source=path, strict=strict)
    if header.name == name and "size_hw" not in options and header.input_spec != model.input_spec:
        model.set_input_spec(header.input_spec)
    is_metric = header.kind == DepthKind.METRIC_INVERSE_DEPTH and model.kind is DepthKind.SCALED_INVERSE_DEPTH
    if header.name == name and is_metric and isinstance(model, DepthModel):
        model.make_metric(header.factor)
    if header.name == name and header.metres is not None and isinstance(model, DepthModel):
        model.set_metres(header.metres)
    if header.name == name and isinstance(model, DepthModel):
        model.packing = dict(header.packing)
    return model


def _from_published(name: str, path: Path, *, strict: bool, options: dict[str, Any]) -> Model:
    """Loads the authors' file, which determines some options; ``options`` take precedence."""
    if not path.exists():
        raise HondoError(f"weights {path} do not exist", field="weights")
    path = next((path / file for file in HUGGING_FACE_FILES if (path / file).is_file()), path)
    _warn_if_named_after_another(name, path)
    try:
        published = _published(name, path)
        return _with_weights(name, {**published.options, **options}, published, source=path, strict=strict)
    except (ForeignFileError, WeightsMismatchError) as error:
        fitting = models_that_fit(path, asked=name)
        hint = f"; the file fits {' or '.join(fitting)}" if fitting else ""
        raise HondoError(f"{error}{hint}") from error


def _warn_if_named_after_another(name: str, path: Path) -> None:
    """Some published files fit several variants (metric ranges, for example) and differ in their name alone."""
    stems = {each: origin.file_stem for each in ZOO if (origin := origin_of(ZOO[each])) and origin.file_stem}
    named_after = [each for each, stem in stems.items() if stem == path.stem]
    if named_after and name not in named_after:
        warn(
            f"{path} has the name of the published weights of '{named_after[0]}'; read as '{name}' its depth may be "
            "wrong (scale, range)"
        )


def _published(name: str, path: Path) -> Published:
    origin = origin_of(ZOO[name])
    if origin is None or origin.read is None:
        raise ForeignFileError(f"model '{name}' reads hondo's own .safetensors files and run folders, not {path}")
    with _file_errors(path):
        return origin.read(path)


@contextmanager
def _file_errors(path: Path) -> Iterator[None]:
    """What a file of strange content raises in a reader or a builder, as an error that names the file."""
    try:
        yield
    except HondoError:
        raise
    except (TypeError, ValueError, LookupError, AttributeError, RuntimeError, ArithmeticError, MemoryError) as error:
        raise ForeignFileError(f"{path} is of another model, or damaged ({reason_of(error)[:200]})") from error


def models_that_fit(path: Path, *, asked: str) -> list[str]:
    """Names of the other variants whose reader accepts the file and whose parameters match it in every shape."""
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
    """Compares the number of weights with the stored parameter count, to skip building models that cannot fit."""
    count = sum(tensor.numel() for tensor in published.tensors.values())
    is_plain = not published.options.keys() - {"size_hw"}
    known = [fact.parameters for fact in stored_facts() if fact.name == name and is_plain]
    return all(parameters <= count <= MAX_BUFFER_RATIO * parameters for parameters in known)


def _read_or_none(read: Callable[[Path], Published], path: Path) -> Published | None:
    try:
        with _file_errors(path):
            return read(path)
    except HondoError:
        return None


def _with_weights(name: str, options: dict[str, Any], published: Published, *, source: Path, strict: bool) -> Model:
    """Builds on the meta device and assigns the tensors, so the weights are held in memory once."""
    with torch.device("meta"):
        model = _build(name, options)
    tensors = published.tensors_for(model) if published.optional else published.tensors
    mismatch = assign_weights(model, tensors, source=str(source), strict=strict)
    if any(tensor.is_meta for tensor in (*model.parameters(), *model.buffers())):
        model = _build(name, options)  # for what the file lacks: non-persistent buffers, missing keys
        assign_weights(model, tensors, source=str(source), strict=strict)
    if mismatch:
        warn(
            f"{source}: {100 * share_loaded(model, tensors):.0f} % of the weights of '{name}' were loaded; these do "
            f"not fit and were left out: {mismatch}"
        )
    return model.eval()


def _checkpoint(path: Path) -> Path:
    """The checkpoint file of a path or a run folder; anything else is reported as an unknown model name."""
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


def check_options(name: str, options: dict[str, Any]) -> dict[str, Any]:
    """All options of the named variant, ``options`` over its defaults; refuses unknown names and wrong types."""
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


def fits(value: Any, annotation: Any) -> bool:
    """Whether ``value`` has the annotated type: int, float, str, bool, None, tuples, Literal and unions of them.

    A list counts as a tuple (JSON has no tuples), an int as a float; a bool is not a number. Other types always fit.
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
    """The annotation as Python writes it, without ``| None``."""
    return inspect.formatannotation(annotation).replace("collections.abc.", "").removesuffix(" | None")


def _all_fit(values: Sequence[Any], arguments: tuple[Any, ...]) -> bool:
    if not arguments:
        return True
    if len(arguments) == 1 or arguments[-1] is Ellipsis:
        return all(fits(value, arguments[0]) for value in values)
    return len(values) == len(arguments) and all(map(fits, values, arguments))
