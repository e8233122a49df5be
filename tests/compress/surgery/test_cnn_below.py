"""Another CNN below the transformer."""

import torch

from hondo.compress.surgery.cnn_below import nearest_size, swap_cnn, vit_name


def test_the_transformer_stays(hybrid) -> None:
    result = swap_cnn(hybrid, "timm:test_resnet")
    assert result.model.options["encoder"] == "test_resnet+vit_tiny_patch16_224"
    old, new = hybrid.network.encoder, result.model.network.encoder
    assert torch.equal(old.blocks[1].mlp.fc1.weight, new.blocks[1].mlp.fc1.weight)
    assert torch.equal(old.pos_embed, new.pos_embed)
    assert {"encoder.patch_embed.proj", "decoder.adapt.0"} <= {each for each in result.kept.fresh_layers}


def test_the_same_cnn_changes_nothing(hybrid, output) -> None:
    assert torch.equal(output(swap_cnn(hybrid, "test_efficientnet").model), output(hybrid))


def test_a_plain_transformer_becomes_a_hybrid(plain, output) -> None:
    made = swap_cnn(plain, "test_efficientnet").model
    assert made.network.encoder.hooks == (2, 3) and made.network.encoder.strides == (4, 8, 16, 16)
    assert torch.equal(plain.network.encoder.blocks[3].norm1.weight, made.network.encoder.blocks[3].norm1.weight)
    assert torch.isfinite(output(made)).all()


def test_names_and_sizes() -> None:
    assert vit_name("resnet50") == "vit_base_patch16_384"
    assert vit_name("timm:a+timm:b") == "b" and vit_name("timm:vit_small_patch14_dinov2") == "vit_small_patch14_dinov2"
    assert nearest_size((518, 14)) == (512, 32)
