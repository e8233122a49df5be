"""Measures every named model, and stores what the table of models says in the package (`make docs`)."""

from hondo.models.registry.facts import STORED, facts_to_json
from hondo.models.registry.measure_facts import model_facts
from hondo.models.registry.zoo import ZOO


def main() -> None:
    STORED.write_text(facts_to_json(model_facts(name) for name in ZOO), encoding="utf-8")


if __name__ == "__main__":
    main()
