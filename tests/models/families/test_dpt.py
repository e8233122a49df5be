"""DPT: encoders of every kind under one decoder, heads, and the published numbers of multiply-accumulates."""

import copy

import pytest
import torch

from hondo.core.errors import HondoError
from hondo.core.types import DepthKind
from hondo.models.base.macs import count_macs
from hondo.models.encoders.vit import readout_of
from hondo.models.families.dpt import dpt, inverted, output_of, share_of
from hondo.models.registry.build_model import build_model

TINY = "timm:vit_tiny_patch16_224"
CNN = "mobilenetv4_conv_small"


@pytest.mark.parametrize(
    ("name", "options", "published"),
    [("dpt-hybrid", {}, 121.5e9), ("dpt-thesis", {"num_heads": 1, "hooks": (0, 1)}, 67.2e9)],
)
def test_costs_what_was_published(name: str, options: dict, published: float) -> None:
    with torch.device("meta"):
        model = build_model(name, weights="random", **options)
    assert count_macs(model) == pytest.approx(published, rel=0.05)


def test_heads_and_their_units() -> None:
    x = torch.tensor([[[[-5.0, 0.0, 1000.0]]]])
    kinds = {head: output_of(head, max_depth=80)[0] for head in ("relative", "kitti", "nyu", "sigmoid")}
    assert kinds.pop("relative") is DepthKind.RELATIVE_INVERSE_DEPTH
    assert set(kinds.values()) == {DepthKind.METRIC_DEPTH}
    assert inverted(x, scale=0.000305, shift=0.1378).flatten().tolist() == pytest.approx(
        [1 / 0.1378, 1 / 0.1378, 1 / 0.4428]
    )
    assert inverted(x, scale=0.0, shift=0.0).max() == pytest.approx(1e8)
    assert share_of(x, max_depth=20).flatten().tolist() == pytest.approx([20 / (1 + 148.413), 10, 20], rel=1e-4)
    with pytest.raises(HondoError, match="head"):
        output_of("sun", max_depth=1)


@pytest.mark.parametrize(
    "encoder",
    [
        "timm:vit_tiny_patch16_224",
        "vit_base_patch16_siglip_224",  # no class token
        "timm:vit_small_patch14_reg4_dinov2",  # registers
        "timm:eva02_tiny_patch14_224",  # rotary positions
        "timm:convnext_atto",  # a pyramid of four
        "timm:resnet18",  # a pyramid of five
        f"{CNN}+vit_tiny_patch16_224",
        "timm:fastvit_t8+vit_tiny_patch16_224",  # no map at 1/2
    ],
)
def test_any_timm_encoder(encoder: str) -> None:
    model = dpt(encoder=encoder, features=16).eval()
    with torch.no_grad():
        (out,) = model(torch.rand(2, 3, 50, 75))
    assert out.shape == (2, 1, 50, 75) and torch.isfinite(out).all()


@pytest.mark.parametrize("attention", ["linear", "performer", "pooled", "spatial-reduction", "window"])
def test_any_attention(attention: str) -> None:
    model = dpt(encoder=TINY, attention=attention, features=16, hooks=(0, 1, 2, 3)).eval()
    with torch.no_grad():
        (out,) = model(torch.rand(1, 3, 48, 80))
    assert out.shape == (1, 1, 48, 80) and torch.isfinite(out).all()


def test_blocks_after_the_last_hook_are_not_built() -> None:
    model = dpt(encoder=TINY, hooks=(0, 2, 3, 5), features=16)
    assert len(model.network.encoder.blocks) == 6
    assert dpt(encoder=TINY, features=16).network.encoder.hooks == (2, 5, 8, 11)


def test_four_hooks_of_a_hybrid_name_its_cnn_stages_first() -> None:
    with torch.device("meta"):
        two, four = dpt(encoder="resnet50", hooks=(2, 5)), dpt(encoder="resnet50", hooks=(0, 1, 2, 5))
    assert two.network.encoder.hooks == four.network.encoder.hooks == (2, 5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoder": TINY, "hooks": (0, 1)}, "4 rising block indices below 12, got 0,1"),
        ({"encoder": "resnet50", "hooks": (5, 2)}, "2 rising block indices below 12, got 5,2"),
        ({"encoder": "resnet50", "hooks": (8, 12)}, "below 12, got 8,12"),
        ({"encoder": "timm:convnext_atto", "hooks": (0, 1, 2, 3)}, "has no hooks"),
        ({"encoder": "timm:eva02_tiny_patch14_224", "attention": "performer"}, "no plain vision transformer"),
        ({"encoder": "resnet-fifty"}, "encoder"),
        ({"encoder": TINY, "attention": "sofmax"}, "softmax"),
        ({"encoder": TINY, "num_heads": 5}, "5 heads do not divide 192"),
        ({"encoder": TINY, "readout": "sum"}, "readout"),
        ({"encoder": TINY, "positions": "nearest"}, "resizing of position embeddings"),
        ({"encoder": TINY, "widths": (8, 8)}, "channels of four maps"),
        ({"encoder": TINY, "features": 1}, "at least 2 features"),
        ({"encoder": TINY, "attention": ("linear", "softmax")}, "one for each of the 12 blocks, got 2"),
        ({"encoder": f"{CNN}+resnet18"}, "needs a plain vision transformer behind"),
        ({"encoder": "vit_tiny_patch16_224+vit_tiny_patch16_224"}, "no maps at 1/4, 1/8 and 1/16"),
        ({"encoder": "resnet-fifty+vit_tiny_patch16_224"}, "encoder"),
    ],
)
def test_wrong_options_are_one_plain_line(options: dict, message: str) -> None:
    with pytest.raises(HondoError, match=message) as error, torch.device("meta"):
        dpt(**options)
    assert "\n" not in str(error.value)


def test_positions_are_resized_once_a_size_and_follow_the_weights() -> None:
    model = dpt(encoder=TINY, hooks=(0, 1, 2, 3), features=16, head="sigmoid").eval()
    wide, tall = torch.rand(1, 3, 32, 64), torch.rand(1, 3, 64, 32)
    with torch.no_grad():
        first = model(wide)[0]
        model(tall)
        assert len(model.network.encoder.derived._kept) == 2
        assert torch.equal(model(wide)[0], first)
        model.network.encoder.pos_embed.add_(1)
        assert not torch.equal(model(wide)[0], first)
    assert not copy.deepcopy(model).network.encoder.derived._kept


def test_a_batch_is_its_images() -> None:
    model = dpt(encoder="efficientnet_b0", hooks=(0, 1), features=16, head="sigmoid").eval()
    images = torch.rand(2, 3, 64, 96)
    with torch.no_grad():
        assert torch.allclose(model(images)[0][1:], model(images[1:])[0], atol=1e-4)


def test_hybrids_of_any_cnn_take_its_normalisation_and_drop_its_last_stage() -> None:
    with torch.device("meta"):
        model = dpt(encoder=f"{CNN}+vit_tiny_patch16_224", features=16)
    encoder = model.network.encoder
    assert encoder.strides == (4, 8, 16, 16) and encoder.hooks == (8, 11) and model.input_spec.multiple_of == 32
    assert model.input_spec.mean == pytest.approx((0.485, 0.456, 0.406))
    assert encoder.patch_embed.backbone.strides == (4, 8, 16)


def test_blocks_can_differ_in_attention_and_heads_be_narrower_than_the_width() -> None:
    options = {"encoder": TINY, "hooks": (0, 1, 2, 3), "features": 8, "num_heads": 2, "head_dim": 8}
    model = dpt(**options, attention=("softmax", "performer", "softmax", "performer"), grid_hw=(2, 3)).eval()
    blocks, encoder = model.network.encoder.blocks, model.network.encoder
    assert [type(block.attn).__name__ for block in blocks[:2]] == ["SoftmaxAttention", "PerformerAttention"]
    assert blocks[0].attn.qkv.out_features == 3 * 16 and encoder.pos_embed.shape[1] == 1 + 2 * 3
    with torch.no_grad():
        assert model(torch.rand(1, 3, 32, 64))[0].shape == (1, 1, 32, 64)


@pytest.mark.parametrize("readout", ["project", "add", "ignore"])
def test_readouts_of_the_class_token(readout: str) -> None:
    torch.manual_seed(0)
    module, tokens = readout_of(readout, dim=4), torch.randn(1, 7, 4)
    read = module(tokens)[:, -6:]
    wanted = {"add": tokens[:, 1:] + tokens[:, :1], "ignore": tokens[:, 1:]}
    if readout == "project":
        pairs = torch.cat([tokens[:, 1:], tokens[:, :1].expand(-1, 6, -1)], dim=2)
        wanted = {"project": torch.nn.functional.gelu(module.project(pairs))}
    assert torch.allclose(read, wanted[readout], atol=1e-6)


def test_a_separable_decoder_costs_a_fraction() -> None:
    with torch.device("meta"):
        full, separable = (dpt(encoder=TINY, features=64, separable=each, size_hw=(96, 96)) for each in (False, True))
    assert count_macs(separable) < 0.6 * count_macs(full)
