"""Starting a model from the weights of another one: what fits is taken, what is fresh is said."""

import sys
from collections import Counter

from hondo.core.errors import HondoError
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.weights_file import Mismatch, assign_weights, share_loaded
from hondo.models.download.named_weights import DOWNLOAD
from hondo.models.registry.build_model import build_model
from hondo.models.registry.zoo import ZOO
from hondo.recipes.recipe import ModelConfig

LEVELS = 3  # of a module's name in the report: network.decoder.fuse


def source_of(model: ModelConfig) -> ModelConfig:
    """The model that ``start`` names, with its weights."""
    assert model.start is not None
    weights = model.start_weights or (DOWNLOAD if model.start in ZOO else None)
    return ModelConfig(name=model.start, weights=weights)


def warm_started(model: DepthModel, config: ModelConfig) -> DepthModel:
    """The model with the weights of ``config.start`` where names and shapes agree; says the share, and what is fresh.

    Refuses a start of which nothing fits. ``config.start_parts``: only those parts of the network.
    """
    source = source_of(config)
    try:
        other = build_model(source.name, source.weights)
    except HondoError as error:
        if config.start not in ZOO:
            raise
        raise HondoError(
            f"model.start '{config.start}': its weights are needed (a file: model.start_weights); {error}",
            field="model.start_weights",
        ) from error
    parts = tuple(f"network.{part}." for part in config.start_parts)
    tensors = {key: each for key, each in other.state_dict().items() if not parts or key.startswith(parts)}
    if not (share := share_loaded(model, tensors)):
        raise HondoError(
            f"model.start '{config.start}': no weight of it fits model '{config.name}'"
            + (f" in its parts {', '.join(config.start_parts)}" if parts else ""),
            field="model.start",
        )
    mismatch = assign_weights(model, tensors, source=str(config.start), strict=False)
    print(f"hondo: {warm_start_text(config, mismatch, share=share)}", file=sys.stderr)
    return model


def warm_start_text(config: ModelConfig, mismatch: Mismatch, *, share: float) -> str:
    """The share of the model's weights that were taken, the layers that are fresh, and how much was left over."""
    fresh = Counter(_layer(key) for key in (*mismatch.missing, *(each.split(" ")[0] for each in mismatch.wrong_shape)))
    text = f"{100 * share:.1f} % of the weights of '{config.name}' come from '{config.start}'; fresh layers: "
    text += ", ".join(f"{name} ({count})" for name, count in fresh.items()) or "none"
    return text + (f"; {len(mismatch.unexpected)} of its tensors have no place here" if mismatch.unexpected else "")


def _layer(key: str) -> str:
    return ".".join(key.split(".")[:-1][:LEVELS])
