"""``hondo.load``: a name, a run folder, a file or a model -> a Predictor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from hondo.core.errors import HondoError
from hondo.core.types import MAX_NETWORK_MEGAPIXELS, Camera, Size, check_camera
from hondo.core.waiting import WAITING
from hondo.engines.auto_precision import AUTO, load_auto_precision
from hondo.engines.autoselect import candidates, load_fastest
from hondo.engines.base.engine import EXACT, Engine, LoadOptions
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.registry import ENGINES
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.flip_confidence import with_flip_confidence
from hondo.models.download.named_weights import DOWNLOAD, named_weights, path_here


def load(
    model: str | Path | DepthModel,
    weights: str | Path | None = None,
    engine: str = "auto",
    device: str = "auto",
    size_hw: Size | None = None,
    precision: str = "auto",
    camera: Camera | None = None,
    threads: int | None = None,
    confidence: bool = False,
    **options: Any,
) -> NetworkPredictor:
    """A Predictor for a model by name, a run folder, an exported file, or a DepthModel.

    ``size_hw``: the network's input size. ``precision``: "auto" (the fastest here whose depth is within
    1 % of fp32, see ``auto_precision``), fp32, fp16, bf16, int8-dynamic or int8-weights, as the engine offers; an
    exported file keeps its own. ``camera`` goes into every depth map, scaled to the image. ``confidence``:
    depth maps get one, from the mirrored image, for twice the cost. ``options`` go to the model's builder.
    ``engine="auto"``: that of the file; for models the fastest installed one, see ``autoselect``. ``weights``: as in
    ``build_model``; None fetches the published weights of a name that ships without any, once, and refuses a name that
    has none. An untrained model is asked for with ``weights="random"``.

    >>> predictor = hondo.load("hondo-nano", engine="torch", precision="fp32")
    >>> depth_map = predictor(np.zeros((120, 160, 3), dtype=np.uint8))  # an image, RGB
    >>> depth_map.values.shape, str(depth_map.kind)
    ((120, 160), 'scaled_inverse_depth')
    """
    check_camera(camera)
    settings = ModelSettings(
        weights=weights, engine=engine, device=device, size_hw=size_hw, precision=precision, threads=threads,
        confidence=confidence, options=options,
    )  # fmt: skip
    return _load(model, settings, camera=camera)


def _load(
    model: str | Path | DepthModel, settings: "ModelSettings", *, camera: Camera | None = None
) -> NetworkPredictor:
    if settings.threads is not None and settings.threads < 1:
        raise HondoError(f"threads must be at least 1, got {settings.threads}")
    if settings.size_hw is not None:
        check_size_hw(settings.size_hw)
    exported = _exported_file(model)
    loaded = _load_model(model, settings) if exported is None else _load_file(exported, settings)
    return replace(loaded, camera=camera)


def _load_model(model: str | Path | DepthModel, settings: "ModelSettings") -> NetworkPredictor:
    """Checks what was asked for before weights are fetched and a model is built, which may take long."""
    how, weights = settings.load_options, settings.weights
    is_auto = settings.engine == AUTO
    engine = ENGINES[candidates(how.device, precision=how.precision)[0] if is_auto else settings.engine]
    engine.check_load(None, how)
    WAITING.info("building %s", model if isinstance(model, (str, Path)) else model.name)
    built = settings.with_confidence(model) if isinstance(model, DepthModel) else settings.build(model)
    spec = built.input_spec if settings.size_hw is None else replace(built.input_spec, size_hw=tuple(settings.size_hw))
    if settings.precision == AUTO:
        loaded = load_auto_precision(built, how, size_hw=spec.size_hw, engine=settings.engine)
    elif is_auto:
        loaded = load_fastest(built, how, size_hw=spec.size_hw)
    else:
        loaded = engine.load_function(built, how)
    source = built if weights == "random" else model  # other random weights would be another model
    again = replace(
        settings, weights=None if weights == "random" else weights, engine=loaded.engine, size_hw=None,
        precision=loaded.precision if settings.precision == AUTO else settings.precision,
        options={} if source is built else settings.options,
    )  # fmt: skip
    return replace(
        loaded, input_spec=spec, weights_file=weights_file(model, weights, settings.options),
        reopen=partial(_load, source, again),
    )  # fmt: skip


def check_size_hw(size_hw: Any) -> None:
    """Refuses what is not (height, width), and a size that needs too much memory."""
    if not isinstance(size_hw, Sequence) or len(size_hw) != 2 or not all(isinstance(each, int) for each in size_hw):
        raise HondoError(f"size_hw must be (height, width) in pixels, e.g. (192, 640), got {size_hw!r}")
    height, width = size_hw
    if height * width > MAX_NETWORK_MEGAPIXELS * 1e6:
        raise HondoError(
            f"network size {height}x{width} is over {MAX_NETWORK_MEGAPIXELS:g} megapixels; use a smaller one"
        )


def weights_file(
    model: str | Path | DepthModel, weights: str | Path | None, options: Mapping[str, Any] | None = None
) -> Path | None:
    """The file that holds the weights of a model, if there is one: for its hash in predictions.json."""
    from hondo.models.registry.zoo import PACKAGED_WEIGHTS

    if isinstance(model, DepthModel) or weights == "random":
        return None
    if weights in (None, DOWNLOAD) and str(model) in PACKAGED_WEIGHTS:
        return PACKAGED_WEIGHTS[str(model)]
    if fetched := path_here(str(model), named_or_given(model, weights), options or {}):
        return fetched if fetched.is_file() else None
    path = Path(weights if weights is not None else model)
    inside = [path / "checkpoints" / f"{name}.safetensors" for name in ("best", "last")]
    return next((file for file in (path, *inside) if file.is_file()), None)


def has_no_weights(model: str | Path, weights: str | Path | None) -> bool:
    """Whether this is the name of a depth model that ships without weights, and none are given."""
    from hondo.models.registry.facts import stored_facts
    from hondo.models.registry.zoo import PACKAGED_WEIGHTS

    if weights is not None or str(model) in PACKAGED_WEIGHTS:
        return False
    return any(fact.name == str(model) and fact.kind != "pose" for fact in stored_facts())


def named_or_given(model: str | Path, weights: str | Path | None) -> str | Path | None:
    """``weights``, or "download" for the name of a model that ships without weights."""
    return DOWNLOAD if has_no_weights(model, weights) else weights


def is_exported(model: str | Path | DepthModel) -> bool:
    """Whether this names an exported file, which only its engine runs."""
    return not isinstance(model, DepthModel) and Path(model).suffix.lower() in file_suffixes().keys() - {".safetensors"}


def file_suffixes() -> dict[str, Engine]:
    """The suffixes of the files that engines run, and the engine of each."""
    return {engine.suffix: engine for engine in ENGINES.values() if engine.suffix}


def engine_of_file(path: Path) -> Engine:
    """The engine that runs a file of this suffix."""
    suffixes = file_suffixes()
    if path.suffix.lower() not in suffixes:
        raise HondoError(f"{path}: hondo loads files that end in {', '.join(suffixes)}")
    return suffixes[path.suffix.lower()]


def _exported_file(model: str | Path | DepthModel) -> Path | None:
    if isinstance(model, DepthModel) or not is_exported(model):
        return None
    path = Path(model)
    if not path.is_file():
        raise HondoError(f"{path}: no such file")
    return path


def _load_file(path: Path, settings: "ModelSettings") -> NetworkPredictor:
    own, size_hw = engine_of_file(path), settings.size_hw
    if settings.engine != AUTO and ENGINES[settings.engine] is not own:
        raise HondoError(f"{path} is a file of {own.name}; it does not run on engine '{settings.engine}'")
    predictor = own.load(path, settings.load_options)
    if settings.weights is not None or settings.options:
        raise HondoError(f"{path}: an exported file holds its weights and options; leave out weights and options")
    if settings.confidence and not predictor.has_confidence:
        raise HondoError(f"{path} gives no confidence; export it with confidence=True", field="confidence")
    spec = predictor.input_spec
    if size_hw is not None and tuple(size_hw) != tuple(spec.size_hw):
        if spec.fixed:
            height, width = spec.size_hw
            raise HondoError(
                f"{path} was exported at {height}x{width}; export it at {size_hw[0]}x{size_hw[1]}, "
                "or with dynamic=True",
                field="size_hw",
            )
        spec = replace(spec, size_hw=tuple(size_hw))
    return replace(predictor, input_spec=spec, reopen=partial(_load, path, replace(settings, size_hw=None)))


def build_depth_model(model: str | Path, *, weights: str | Path | None, options: dict[str, Any]) -> DepthModel:
    """The model of a name, a run folder or a checkpoint; a pose network and a name without weights are refused."""
    from hondo.models.registry.build_model import build_model

    built = build_model(model, weights=named_or_given(model, weights), **options)
    if not isinstance(built, DepthModel):
        raise HondoError(f"{model} gives poses, not depth; choose a depth model from: hondo models")
    return built


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """How a model is loaded, as one value: the arguments of ``load`` but for the model and the camera."""

    weights: str | Path | None = None
    engine: str = "auto"
    device: str = "auto"
    size_hw: Size | None = None
    precision: str = "fp32"
    threads: int | None = None
    confidence: bool = False  # maps get one from the mirrored image
    options: Mapping[str, Any] = field(default_factory=dict)
    accept_licence: bool = False  # of published weights that are fetched
    offline: bool = False  # nothing is fetched

    def fetch(self, model: str | Path) -> None:
        """Fetches the published weights that ``load`` takes, or says why there are none; nothing for files."""
        weights = named_or_given(model, self.weights)
        if weights is not None:
            named_weights(str(model), weights, self.options, accept_licence=self.accept_licence, offline=self.offline)

    @property
    def load_options(self) -> LoadOptions:
        """What an engine is asked for; in place of "auto" fp32, which lets a file keep its own precision."""
        precision = EXACT if self.precision == AUTO else self.precision
        return LoadOptions(device=self.device, precision=precision, threads=self.threads)

    def load(self, model: str | Path | DepthModel) -> NetworkPredictor:
        """A predictor of the model, named as it was given; a model that is already built keeps its weights and name."""
        if isinstance(model, DepthModel):
            return _load(model, replace(self, weights=None, options={}))
        return replace(_load(model, self), name=str(model))

    def build(self, model: str | Path) -> DepthModel:
        """The torch model, with its weights."""
        self.fetch(model)
        return self.with_confidence(build_depth_model(model, weights=self.weights, options=dict(self.options)))

    def with_confidence(self, model: DepthModel) -> DepthModel:
        """The model, with a confidence if that is asked for."""
        return with_flip_confidence(model) if self.confidence else model
