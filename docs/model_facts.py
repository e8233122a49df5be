"""Measures every named model and stores the table of `hondo models` in the package (`make docs`)."""

import torch
from torch import nn

from hondo.models.base.macs import count_macs, count_parameters
from hondo.models.base.weights_file import read_header
from hondo.models.encoders.timm_features import TimmEncoder
from hondo.models.registry.build_model import build_model
from hondo.models.registry.facts import STORED, ModelFacts, facts_to_json
from hondo.models.registry.variant import origin_of
from hondo.models.registry.zoo import PACKAGED_WEIGHTS, ZOO


def main() -> None:
    STORED.write_text(facts_to_json(model_facts(name) for name in ZOO), encoding="utf-8")


def model_facts(name: str) -> ModelFacts:
    """Size, cost, output and origin of a named model, counted on the meta device."""
    with torch.device("meta"):
        model = build_model(name, weights="random")
    weights, licence = weights_and_licence(name, model=model)
    return ModelFacts(
        name=name,
        family=ZOO[name].__module__.rpartition(".")[2].removesuffix("_networks"),
        parameters=count_parameters(model),
        macs=count_macs(model),
        size_hw=model.input_spec.size_hw,
        kind=str(model.kind),
        weights=weights,
        licence=licence,
    )


def weights_and_licence(name: str, *, model: nn.Module) -> tuple[str, str]:
    """Origin and licence of the weights of a named model; an empty licence if there are no weights to license."""
    if path := PACKAGED_WEIGHTS.get(name):
        return "in the package", read_header(path).licence
    if origin := origin_of(ZOO[name]):
        return origin.source, origin.licence
    licence = next((part.licence for part in model.modules() if isinstance(part, TimmEncoder)), "")
    return ("random; pretrained=True: encoder from timm", licence) if licence else ("random", "")


if __name__ == "__main__":
    main()
