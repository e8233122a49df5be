"""Measures what the table of models says: size, cost, output, and where the weights come from."""

import torch
from torch import nn

from hondo.models.base.macs import count_macs, count_parameters
from hondo.models.base.weights_file import read_header
from hondo.models.encoders.timm_features import TimmEncoder
from hondo.models.registry.facts import ModelFacts
from hondo.models.registry.variant import origin_of
from hondo.models.registry.zoo import ZOO, build_model, packaged_weights


def model_facts(name: str) -> ModelFacts:
    """Builds the model on the meta device, where it takes no memory, and counts."""
    with torch.device("meta"):
        model = build_model(name, weights="random")
    weights, licence = weights_and_licence(name, model=model)
    return ModelFacts(
        name=name,
        family=ZOO[name].__module__.rpartition(".")[2],
        parameters=count_parameters(model),
        macs=count_macs(model),
        size_hw=model.input_spec.size_hw,
        kind=str(model.kind),
        weights=weights,
        licence=licence,
    )


def weights_and_licence(name: str, *, model: nn.Module) -> tuple[str, str]:
    """Where the weights of a named model come from, and under which licence; "" where there is none to state."""
    if path := packaged_weights(name):
        return "in the package", read_header(path).licence
    if origin := origin_of(ZOO[name]):
        return origin.source, origin.licence
    licence = next((part.licence for part in model.modules() if isinstance(part, TimmEncoder)), "")
    return ("random; pretrained=True: encoder from timm", licence) if licence else ("random", "")
