"""Own checkpoints: one .safetensors file of weights with, as JSON in its metadata, how to build the model again."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Shaped
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from hondo.core.atomic import atomic_write
from hondo.core.check_config import COUNT, POSITIVE, check_config
from hondo.core.errors import HondoError, reason_of
from hondo.core.integrity.archive import open_archive, unpacked_bytes
from hondo.core.integrity.seal import FREE, check_whole, sealed
from hondo.core.text_file import load_object
from hondo.core.types import InputSpec
from hondo.models.base.metric_calibration import MetricCalibration
from hondo.models.base.packed_weights import opened, packed
from hondo.nn.int8_layers import to_int8
from hondo.version import __version__

FORMAT = 4  # 1 had no int8, 2 no hash, 3 no packed weights and no structure
PLAIN_FORMAT = 3  # of files with neither, which an earlier hondo reads
HASHED = 3  # the first format with a hash
_MAX_RATIO = 2  # of the bytes in a zip archive to its size: torch does not compress its files
_HALF_LIMIT = 6e4  # float16 ends at 65504
NOT_OURS = "is not a checkpoint written by hondo; give the model's name and the file as its weights"
# First bytes of files that are no checkpoint, and what they are.
_NO_CHECKPOINT = (
    (
        b"version https://git-lfs",
        "a Git LFS pointer, not the file itself; fetch it (git lfs pull, or the download button)",
    ),
    (b"<!doctype html", "a web page (a sign-in, quota or error page), not a checkpoint; download the file itself"),
    (b"<html", "a web page (a sign-in, quota or error page), not a checkpoint; download the file itself"),
    (b"<?xml", "an XML message of a server, not a checkpoint; download the file itself"),
    (b"{", "JSON text (an error message or a configuration), not a checkpoint; download the weights themselves"),
)


@dataclass(frozen=True, kw_only=True)
class WeightsHeader:
    """What a checkpoint says about itself. ``training`` is the report of the run that made it, as plain JSON."""

    name: str
    options: dict[str, Any]
    input_spec: InputSpec
    kind: str
    licence: str
    training: dict[str, Any]
    half: bool = False
    int8: bool = False
    factor: float = 1.0  # of the network's maps, see DepthModel.make_metric
    metres: MetricCalibration | None = None  # how it got its metres, where they were measured
    packing: dict[str, str] = field(default_factory=dict)  # of sparse and clustered weights, see packed_weights
    hondo_version: str = __version__
    format: int = FORMAT
    sha256: str = ""  # of the whole file, see core/integrity/seal; of an earlier format none

    def __post_init__(self) -> None:
        check_config(
            self, name="", limits={"factor": POSITIVE, "format": COUNT}, unchecked=("options", "training", "packing")
        )
        if self.format >= HASHED and not self.sha256:
            raise HondoError("it has no hash of its content")


class WeightsMismatchError(HondoError):
    """Weights that are not those of the model they were given to."""


@dataclass(frozen=True, kw_only=True)
class Mismatch:
    """Where a model and a set of weights differ, by key."""

    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    wrong_shape: tuple[str, ...] = field(default=())

    def __bool__(self) -> bool:
        return bool(self.missing or self.unexpected or self.wrong_shape)

    def __str__(self) -> str:
        parts = {"missing": self.missing, "unexpected": self.unexpected, "of another shape": self.wrong_shape}
        return "; ".join(f"{len(keys)} {what}: {_first_five(keys)}" for what, keys in parts.items() if keys)


def save_model(
    model: nn.Module,
    path: str | Path,
    *,
    licence: str,
    training: Mapping[str, Any],
    half: bool = False,
    int8: Collection[str] = (),
) -> Path:
    """Writes a model atomically. ``half`` stores matrices and kernels as float16; vectors stay float32.

    ``int8``: the keys of the state dict to store as int8, with a step for each output channel.
    """
    options: dict[str, Any] = dict(model.options)  # type: ignore[arg-type]
    packing = {key: how for key, how in getattr(model, "packing", {}).items() if key not in int8}
    header = WeightsHeader(
        name=model.name,  # type: ignore[arg-type]
        options=options,
        input_spec=model.input_spec,  # type: ignore[arg-type]
        kind=str(model.kind),
        licence=licence,
        training=dict(training),
        half=half,
        int8=bool(int8),
        factor=float(getattr(model, "factor", 1.0)),  # pose networks have none
        metres=getattr(model, "metres", None),
        packing=packing,
        format=FORMAT if packing or "structure" in options else PLAIN_FORMAT,
        sha256=FREE,
    )
    state = packed(rounded(model.state_dict(), int8), packing)
    tensors = {key: _stored(tensor, half=half and ":" not in key) for key, tensor in state.items()}
    content = save(tensors, metadata={"hondo": json.dumps(asdict(header))})
    return atomic_write(path, sealed(content), sync=True)


def read_header(path: str | Path) -> WeightsHeader:
    """What a checkpoint says about itself, without reading its weights."""
    path = Path(path)
    metadata = _open(path).metadata() or {}
    if "hondo" not in metadata:
        raise HondoError(f"{path} {NOT_OURS}")
    try:
        stored = load_object(metadata["hondo"], name="it")
    except HondoError as error:
        raise _damaged(path, error) from error
    if isinstance(stored.get("format"), int) and stored["format"] > FORMAT:
        raise HondoError(
            f"{path} was written by hondo {stored.get('hondo_version')}; this is {__version__}: upgrade hondo"
        )
    try:
        spec, options = _tuples(stored["input_spec"]), _tuples(stored["options"])
        metres = stored.get("metres") and MetricCalibration(**stored["metres"])
        return WeightsHeader(**stored | {"input_spec": InputSpec(**spec), "options": options, "metres": metres})
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> HondoError:
    reason = reason_of(error)
    return HondoError(f"{path}: the description inside is damaged ({reason}); copy or download the file again")


def own_header(path: Path) -> WeightsHeader | None:
    """The header of a checkpoint written by hondo; None for files of others."""
    if path.suffix != ".safetensors":
        return None
    try:
        return read_header(path)
    except HondoError:
        return None


def read_checkpoint(path: Path) -> tuple[WeightsHeader, dict[str, Shaped[Tensor, "..."]]] | None:
    """Header and weights of a .safetensors file that hondo wrote; None: any other file, of published weights.

    A file that is not as it was written is refused by its hash.
    """
    if path.suffix != ".safetensors" or "hondo" not in (_open(path).metadata() or {}):
        return None
    header = read_header(path)
    if header.sha256:
        check_whole(path, header.sha256)
    return header, read_tensors(path)


def read_tensors(path: str | Path) -> dict[str, Shaped[Tensor, "..."]]:
    """The weights of a .safetensors file on the CPU; half precision and int8 come back as float32."""
    file = _open(Path(path))
    tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a mapping)
    tensors = unpacked(opened(tensors, source=str(path)), source=str(path))
    return {key: tensor.float() if tensor.is_floating_point() else tensor for key, tensor in tensors.items()}


def assign_weights(
    model: nn.Module, tensors: Mapping[str, Shaped[Tensor, "..."]], *, source: str, strict: bool = True
) -> Mismatch:
    """Puts weights in the place of the model's own (which may lie on the meta device).

    With ``strict`` any difference in keys or shapes raises; without it, what does not fit is left out and returned.
    """
    mismatch = find_mismatch(model, tensors)
    if mismatch and strict:
        name = getattr(model, "name", type(model).__name__)
        remedy = "give the options it was trained with, or weights='random' to build it untrained"
        raise WeightsMismatchError(
            f"the weights in {source} do not fit model '{name}' with these options: {mismatch}; {remedy}"
        )
    model.load_state_dict(_fitting(model, tensors), strict=False, assign=True)
    return mismatch


def find_mismatch(model: nn.Module, tensors: Mapping[str, Shaped[Tensor, "..."]]) -> Mismatch:
    """Where a model and a set of weights differ in keys or shapes."""
    own, fitting = model.state_dict(), _fitting(model, tensors)
    return Mismatch(
        missing=tuple(key for key in own if key not in tensors),
        unexpected=tuple(key for key in tensors if key not in own),
        wrong_shape=tuple(
            _shapes(key, tensor, own[key]) for key, tensor in tensors.items() if key in own and key not in fitting
        ),
    )


def share_loaded(model: nn.Module, tensors: Mapping[str, Shaped[Tensor, "..."]]) -> float:
    """The part (0..1) of a model's learnable numbers that a set of weights holds in the right shape."""
    fitting = _fitting(model, tensors)
    total = sum(parameter.numel() for parameter in model.parameters())
    return sum(parameter.numel() for key, parameter in model.named_parameters() if key in fitting) / max(1, total)


def _fitting(model: nn.Module, tensors: Mapping[str, Shaped[Tensor, "..."]]) -> dict[str, Shaped[Tensor, "..."]]:
    own = model.state_dict()
    return {key: tensor for key, tensor in tensors.items() if key in own and own[key].shape == tensor.shape}


def _open(path: Path) -> Any:
    if not path.is_file():
        raise HondoError(f"weights file {path} does not exist" if not path.exists() else f"{path} is not a file")
    check_is_checkpoint(path)
    try:
        return safe_open(path, framework="pt")
    except SafetensorError as error:
        raise HondoError(f"{path} is truncated or no safetensors file ({error}); copy or download it again") from error


def check_is_checkpoint(path: Path) -> None:
    """Names a file that is something else by its first bytes: a Git LFS pointer, a web page, TorchScript."""
    with path.open("rb") as file:
        head = file.read(64)
    size = path.stat().st_size
    for mark, what in _NO_CHECKPOINT:
        if b"\0" not in head and head.lstrip().lower().startswith(mark):
            raise HondoError(f"{path} ({size} bytes) is {what}")
    if not head:
        raise HondoError(f"{path} is truncated to nothing; copy or download it again")
    if head.startswith(b"PK"):
        with open_archive(path, name=str(path)) as archive:
            if unpacked_bytes(archive) > _MAX_RATIO * size + 2**20:
                raise HondoError(f"{path} unpacks to many times its size, so it is no checkpoint of PyTorch")
            if any("/code/" in name for name in archive.namelist()):
                raise HondoError(
                    f"{path} is a TorchScript program, which would run code; save its weights alone: "
                    "torch.save(torch.jit.load(FILE).state_dict(), 'weights.pt'), and give that file"
                )


def _stored(tensor: Shaped[Tensor, "*shape"], *, half: bool) -> Shaped[Tensor, "*shape"]:
    tensor = tensor.detach().cpu()
    if half and tensor.is_floating_point() and tensor.ndim > 1 and bool((tensor.abs() < _HALF_LIMIT).all()):
        tensor = tensor.half()
    return tensor.clone(memory_format=torch.contiguous_format)  # safetensors refuses tensors that share memory


def _first_five(keys: tuple[str, ...]) -> str:
    return ", ".join(keys[:5]) + (", ..." if len(keys) > 5 else "")


def _tuples(stored: dict[str, Any]) -> dict[str, Any]:
    """JSON knows lists only; hondo's options and specs are tuples."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in stored.items()}


def _shapes(key: str, given: Shaped[Tensor, "..."], wanted: Shaped[Tensor, "..."]) -> str:
    return f"{key} {tuple(given.shape)} instead of {tuple(wanted.shape)}"


STEP = ":step"  # no name of a module or a parameter can hold a colon


def rounded(tensors: Mapping[str, Shaped[Tensor, "..."]], keys: Collection[str]) -> dict[str, Shaped[Tensor, "..."]]:
    """The tensors with those of ``keys`` in int8, one step for each output channel."""
    stored = dict(tensors)
    for key in keys:
        if not bool(tensors[key].isfinite().all()):
            raise HondoError(f"weight {key} holds values that are not finite: nothing to round to int8; train it again")
        stored[key], stored[key + STEP] = to_int8(tensors[key])
    return stored


def unpacked(tensors: Mapping[str, Shaped[Tensor, "..."]], *, source: str) -> dict[str, Shaped[Tensor, "..."]]:
    """The tensors with every int8 one, which has its steps beside it, as float32."""
    floats = {}
    for key, tensor in tensors.items():
        step = tensors.get(key + STEP)
        if (tensor.dtype == torch.int8) != (step is not None and step.shape == tensor.shape[:1]):
            raise HondoError(f"{source}: weight {key} and its int8 steps do not fit; copy or export the file again")
        if not key.endswith(STEP):
            floats[key] = tensor if step is None else tensor * step.view(-1, *[1] * (tensor.ndim - 1))
    return floats
