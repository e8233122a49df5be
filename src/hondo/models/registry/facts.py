"""What is known of every named model without building it: size, cost, output, and where its weights come from.

Building all of them takes half a minute, so the facts are stored in the package: ``make docs`` measures them anew, and
a test compares. Nothing here imports torch.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from hondo.core.types import Size

STORED = Path(__file__).resolve().parents[2] / "assets" / "models.json"


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """One line of ``hondo models``. ``macs`` of one image at ``size_hw``."""

    name: str
    family: str
    parameters: int
    macs: int
    size_hw: Size
    kind: str
    weights: str
    licence: str


def stored_facts() -> list[ModelFacts]:
    """Of every named model, in the order of the zoo."""
    return facts_from_json(STORED.read_text(encoding="utf-8"))


def facts_to_json(facts: Iterable[ModelFacts]) -> str:
    """One line a model."""
    lines = ",\n".join(json.dumps(asdict(fact), ensure_ascii=False) for fact in facts)
    return f"[\n{lines}\n]\n"


def facts_from_json(text: str) -> list[ModelFacts]:
    """The inverse of ``facts_to_json``."""
    return [ModelFacts(**fact | {"size_hw": tuple(fact["size_hw"])}) for fact in json.loads(text)]
