"""The authors' keys to ours."""

import torch

from hondo.models.published.published import prefixed, renamed

KEYS = {key: torch.tensor(float(number)) for number, key in enumerate(("layer.0.w", "layer.1.w", "head.w", "fc.w"))}


def test_the_first_rule_that_matches_a_whole_key_names_it() -> None:
    rules = ((r"layer\.(\d+)\.w", r"blocks.\1.weight"), (r"layer.*", "never"), (r"head", "never"))
    new = renamed(KEYS, rules, ignore=(r"fc\..*",))
    assert list(new) == ["blocks.0.weight", "blocks.1.weight", "head.w"]
    assert new["blocks.1.weight"] is KEYS["layer.1.w"]


def test_an_ignored_expression_must_match_the_whole_key() -> None:
    assert "fc.w" in renamed(KEYS, (), ignore=("fc",))


def test_a_prefix_stands_before_every_key() -> None:
    assert next(iter(prefixed(KEYS, "network."))) == "network.layer.0.w"
