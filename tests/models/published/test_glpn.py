"""GLPN's published form, written here from its numbers, read back to the last tensor."""

from pathlib import Path

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind
from hondo.models.registry.build_model import build_model
from tests.models.published.vtdepth_formats import Shapes, batch_norm, layer, pyramid_encoder

B0 = (32, 64, 160, 256)


def decoder_shapes(channels: tuple[int, ...], width: int) -> Shapes:
    shapes = layer("decoder.bot_conv", [width, channels[3], 1, 1])
    shapes |= layer("decoder.skip_conv1", [width, channels[2], 1, 1])
    shapes |= layer("decoder.skip_conv2", [width, channels[1], 1, 1])
    for number in (1, 2, 3):
        name = f"decoder.fusion{number}"
        shapes |= layer(f"{name}.conv1.0", [width, 2 * width, 3, 3]) | batch_norm(f"{name}.conv1.1", width)
        shapes |= layer(f"{name}.conv2.0", [width // 2, width, 3, 3]) | batch_norm(f"{name}.conv2.1", width // 2)
        shapes |= layer(f"{name}.conv3", [2, width // 2, 3, 3])
    return shapes | layer("last_layer_depth.0", [width, width, 3, 3]) | layer("last_layer_depth.2", [1, width, 3, 3])


def test_reads_every_tensor(tmp_path: Path) -> None:
    torch.manual_seed(0)
    encoder = pyramid_encoder(B0, (2, 2, 2, 2), mlp=(4, 4, 4, 4))
    shapes = {f"encoder.{key}": shape for key, shape in encoder.items()} | decoder_shapes(B0, 32)
    torch.save({f"module.{key}": torch.randn(shape) for key, shape in shapes.items()}, tmp_path / "glpn.pt")
    model = build_model("glpn-nyu", weights=tmp_path / "glpn.pt", encoder="mit-b0", width=32)
    theirs = torch.load(tmp_path / "glpn.pt")
    assert model.kind is DepthKind.METRIC_DEPTH
    assert model.input_spec.mean == (0, 0, 0) and model.input_spec.std == (1, 1, 1)  # as its authors feed it
    for ours, key in {
        "fuse.2.weigh.0.0": "decoder.fusion1.conv1.0",
        "fuse.0.weigh.2": "decoder.fusion3.conv3",
        "reduce.3": "decoder.bot_conv",
        "head.2": "last_layer_depth.2",
    }.items():
        assert torch.equal(model.network.decoder.state_dict()[f"{ours}.weight"], theirs[f"module.{key}.weight"])


def test_another_file_is_refused(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(1)}, tmp_path / "w.pt")
    with pytest.raises(HondoError, match="is no GLPN checkpoint of its authors"):
        build_model("glpn-kitti", weights=tmp_path / "w.pt")
