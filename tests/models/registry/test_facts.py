"""The stored table of models."""

import pytest

from docs.model_facts import model_facts
from hondo.models.registry.facts import STORED, facts_from_json, facts_to_json, stored_facts
from hondo.models.registry.zoo import ZOO

STALE = "the table of models is out of date: make docs"


def test_it_holds_every_model_in_the_order_of_the_zoo() -> None:
    assert [fact.name for fact in stored_facts()] == list(ZOO), STALE


@pytest.mark.parametrize("fact", stored_facts(), ids=lambda fact: fact.name)
def test_it_says_what_is_measured(fact) -> None:
    assert model_facts(fact.name) == fact, STALE


def test_json_and_back() -> None:
    facts = stored_facts()
    text = facts_to_json(facts)
    assert facts_from_json(text) == facts and text == STORED.read_text(encoding="utf-8")
    assert text.count("\n") == len(facts) + 2
