"""The stored table of models."""

import pytest

from docs.model_facts import model_facts
from hondo.models.base.macs import count_macs
from hondo.models.registry.facts import STORED, facts_from_json, facts_to_json, stored_facts
from hondo.models.registry.zoo import ZOO, Model

STALE = "the table of models is out of date: make docs"


def test_it_holds_every_model_in_the_order_of_the_zoo() -> None:
    assert [fact.name for fact in stored_facts()] == list(ZOO), STALE


MACS: dict[str, int] = {}  # of each network; many names differ in weights alone


def counted_once(model: Model) -> int:
    network = f"{model.input_spec} {model!r}"
    if network not in MACS:
        MACS[network] = count_macs(model)
    return MACS[network]


@pytest.mark.parametrize("fact", stored_facts(), ids=lambda fact: fact.name)
def test_it_says_what_is_measured(fact, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docs.model_facts.count_macs", counted_once)
    assert model_facts(fact.name) == fact, STALE


def test_json_and_back() -> None:
    facts = stored_facts()
    text = facts_to_json(facts)
    assert facts_from_json(text) == facts and text == STORED.read_text(encoding="utf-8")
    assert text.count("\n") == len(facts) + 2
