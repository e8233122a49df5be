"""How a model is loaded, as one value: what commands and evaluations hand to ``hondo.load``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hondo.core.types import Size
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.load import build_depth_model, load
from hondo.models.base.depth_model import DepthModel


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """The arguments of ``hondo.load`` but for the model and the camera; ``options`` go to the model's builder."""

    weights: str | Path | None = None
    engine: str = "auto"
    device: str = "auto"
    size_hw: Size | None = None
    precision: str = "fp32"
    threads: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def load(self, model: str | Path | DepthModel) -> NetworkPredictor:
        """A predictor of the model; a model that is already built keeps its weights."""
        weights, options = (None, {}) if isinstance(model, DepthModel) else (self.weights, self.options)
        return load(
            model, weights, engine=self.engine, device=self.device, size_hw=self.size_hw, precision=self.precision,
            threads=self.threads, **options,
        )  # fmt: skip

    def build(self, model: str | Path) -> DepthModel:
        """The torch model, with its weights."""
        return build_depth_model(model, weights=self.weights, options=dict(self.options))
