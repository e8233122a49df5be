"""Residual blocks that go."""

import pytest
import torch

from hondo.compress.compressor import Tools
from hondo.compress.pruning.blocks import drop_blocks, residual_blocks
from hondo.compress.steps import compress
from hondo.core.errors import HondoError
from hondo.models.base.macs import count_macs
from hondo.models.registry.build_model import build_model


def test_blocks_of_a_transformer(plain, output) -> None:
    assert sum("blocks" in path for path in residual_blocks(plain)) == 4
    result = drop_blocks(plain, 2, by="norm")
    assert count_macs(result.model) < count_macs(plain) and torch.isfinite(output(result.model)).all()
    assert str(result.kept).count("blocks.") + str(result.kept).count("fuse.") == 2


def test_the_block_that_does_nothing_goes() -> None:
    torch.manual_seed(0)
    model = build_model("hondo-nano-plain", "random", size_hw=(64, 64))
    for index in (1, 2, 3):  # its residual blocks start as the identity
        torch.nn.init.ones_(model.network.stages[2][index].norm.weight)
    torch.nn.init.zeros_(model.network.stages[2][2].norm.weight)
    others = [path for path in residual_blocks(model) if path != "network.stages.2.2"]
    assert len(others) > 5
    result = drop_blocks(model, 1, tools=Tools(images=[torch.rand(1, 3, 64, 64)]))
    path = str(result.kept).rpartition("without ")[2]
    assert path == "stages.2.2" or model.get_submodule(f"network.{path}.norm").weight.count_nonzero() == 0


def test_one_stays_and_that_is_said() -> None:
    model = build_model("hondo-nano-plain", "random", size_hw=(64, 64))
    result = drop_blocks(model, 99, by="norm")
    assert "99 blocks were asked for" in str(result.kept) and len(residual_blocks(result.model)) == 1


@pytest.mark.parametrize("text", ["blocks=0", "blocks=two"])
def test_wrong_text_is_refused(plain, text: str) -> None:
    with pytest.raises(HondoError, match="must be how many"):
        compress(plain, text)
    with pytest.raises(HondoError, match="calibration images"):
        compress(plain, "blocks=1")
