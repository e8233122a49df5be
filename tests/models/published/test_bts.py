"""BTS's published form, written here from its numbers, read back to the last tensor."""

from pathlib import Path

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind
from hondo.models.families.bts import bts_kitti
from hondo.models.registry.build_model import build_model
from tests.models.published.vtdepth_formats import Shapes, batch_norm

RESNET50 = (64, 256, 512, 1024, 2048)


def decoder_shapes(channels: tuple[int, ...], width: int) -> Shapes:
    c2, c4, c8, c16, c32 = channels
    half, quarter, eighth, sixteenth = (width // n for n in (2, 4, 8, 16))
    context = half + c8
    convs = {
        "upconv5.conv": [width, c32, 3, 3],
        "conv5.0": [width, width + c16, 3, 3],
        "upconv4.conv": [half, width, 3, 3],
        "conv4.0": [half, context, 3, 3],
        "daspp_conv.0": [quarter, half + 5 * quarter, 3, 3],
        "upconv3.conv": [quarter, quarter, 3, 3],
        "conv3.0": [quarter, quarter + c4 + 1, 3, 3],
        "upconv2.conv": [eighth, quarter, 3, 3],
        "conv2.0": [eighth, eighth + c2 + 1, 3, 3],
        "upconv1.conv": [sixteenth, eighth, 3, 3],
        "conv1.0": [sixteenth, sixteenth + 4, 3, 3],
        "get_depth.0": [1, sixteenth, 3, 3],
    }
    shapes = {f"decoder.{name}.weight": shape for name, shape in convs.items()}
    for name, channels_of in {"bn5": width, "bn4": half, "bn4_2": half, "bn3": quarter, "bn2": eighth}.items():
        shapes |= batch_norm(f"decoder.{name}", channels_of)
    for index, dilation in enumerate((3, 6, 12, 18, 24)):
        name, seen = f"decoder.daspp_{dilation}.atrous_conv", context + index * quarter if index else half
        shapes |= batch_norm(f"{name}.first_bn", seen) if index else {}
        shapes |= batch_norm(f"{name}.aconv_sequence.2", 2 * quarter)
        shapes[f"{name}.aconv_sequence.1.weight"] = [2 * quarter, seen, 1, 1]
        shapes[f"{name}.aconv_sequence.4.weight"] = [quarter, 2 * quarter, 3, 3]
    for name, inputs, outputs in (
        ("8x8", quarter, quarter),
        ("4x4", quarter, eighth),
        ("2x2", eighth, sixteenth),
        ("1x1", sixteenth, sixteenth // 2),
    ):
        while outputs >= 8:
            shapes[f"decoder.reduc{name}.reduc.inter_{inputs}_{outputs}.0.weight"] = [outputs, inputs, 1, 1]
            inputs, outputs = outputs, outputs // 2
        last = "final.0" if name == "1x1" else "plane_params"
        shapes[f"decoder.reduc{name}.reduc.{last}.weight"] = [1 if name == "1x1" else 3, inputs, 1, 1]
    return shapes


def published(folder: Path, *, encoder: str, channels: tuple[int, ...], width: int) -> Path:
    torch.manual_seed(0)
    fresh = build_model("bts-kitti", weights="random", encoder=encoder, width=width).network.encoder.state_dict()
    state = {f"module.encoder.base_model.{key.split('.', 1)[1]}": value for key, value in fresh.items()}
    if encoder.startswith("timm"):
        state |= {"module.encoder.base_model.fc.weight": torch.zeros(1000, 2048)}
    state |= {
        f"module.{key}": 0.05 * torch.randn(shape).abs() for key, shape in decoder_shapes(channels, width).items()
    }
    torch.save({"global_step": 50000, "model": state}, folder / "bts.pth")
    return folder / "bts.pth"


@pytest.mark.parametrize(
    ("encoder", "channels"),
    [("timm:resnet50", RESNET50), ("densenet121-transitions", (64, 64, 128, 256, 1024))],
)
def test_reads_every_tensor_and_says_which_encoder(encoder: str, channels: tuple[int, ...], tmp_path: Path) -> None:
    path = published(tmp_path, encoder=encoder, channels=channels, width=256)
    model = build_model("bts-nyu", weights=path)
    assert model.kind is DepthKind.METRIC_DEPTH and model.options["encoder"] == encoder
    assert model.options["width"] == 256
    theirs = torch.load(path)["model"]
    for ours, key in {
        "planes4.0.0": "reduc4x4.reduc.inter_64_32.0",
        "planes8.1.0": "reduc8x8.reduc.inter_64_32.0",
        "planes2.2": "reduc2x2.reduc.plane_params",
        "atrous.branches.4.5": "daspp_24.atrous_conv.aconv_sequence.4",
        "up8.2": "bn4",
        "norm8": "bn4_2",
        "mix1.0": "conv1.0",
    }.items():
        assert torch.equal(model.network.decoder.state_dict()[f"{ours}.weight"], theirs[f"module.decoder.{key}.weight"])


def test_depth_grows_with_the_focal_length(tmp_path: Path) -> None:
    path = published(tmp_path, encoder="timm:resnet50", channels=RESNET50, width=256)
    image, focals = torch.rand(1, 3, 64, 96), (715.0873, 2 * 715.0873)
    with torch.no_grad():
        one, two = (build_model("bts-kitti", weights=path, focal_px=focal)(image)[0] for focal in focals)
    assert torch.allclose(2 * one, two)
    with pytest.raises(HondoError, match="focal_px must be positive pixels, got -1"):
        bts_kitti(focal_px=-1.0)


def test_another_file_is_refused(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(1)}, tmp_path / "w.pt")
    with pytest.raises(HondoError, match="is no BTS checkpoint"):
        build_model("bts-nyu", weights=tmp_path / "w.pt")
