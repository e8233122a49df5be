"""Hondo trains, compresses, evaluates and runs models for monocular depth. Names are imported on first use."""

from importlib import import_module
from typing import TYPE_CHECKING

from hondo.version import __version__

if TYPE_CHECKING:
    from hondo.core.predictor_protocol import Predictor
    from hondo.core.sample import Batch, Sample
    from hondo.core.types import Camera, DepthKind, DepthMap, InputSpec
    from hondo.engines.load import load
    from hondo.evaluate.accuracy.score import score
    from hondo.models.download.weights_listing import fetch_weights
    from hondo.models.registry.build_model import build_model
    from hondo.nn.attention.registry import attention
    from hondo.train.online.adaptation import adapt

_HOMES = {
    "Camera": "hondo.core.types",
    "DepthKind": "hondo.core.types",
    "DepthMap": "hondo.core.types",
    "InputSpec": "hondo.core.types",
    "Predictor": "hondo.core.predictor_protocol",
    "Batch": "hondo.core.sample",
    "Sample": "hondo.core.sample",
    "fetch_weights": "hondo.models.download.weights_listing",
    "adapt": "hondo.train.online.adaptation",
    "load": "hondo.engines.load",
    "attention": "hondo.nn.attention.registry",
    "build_model": "hondo.models.registry.build_model",
    "score": "hondo.evaluate.accuracy.score",
}

__all__ = [
    "Batch",
    "Camera",
    "DepthKind",
    "DepthMap",
    "InputSpec",
    "Predictor",
    "Sample",
    "__version__",
    "adapt",
    "attention",
    "build_model",
    "fetch_weights",
    "load",
    "score",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'hondo' has no attribute '{name}'")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return __all__
