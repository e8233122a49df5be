"""The tensors of VTDepth's files as the authors of the encoders name them: key -> shape, from a variant's numbers."""

from collections.abc import Sequence

Shapes = dict[str, list[int]]
WIDTHS = (256, 160, 128, 64)  # of the convolutional decoder, the coarsest first


def pyramid_encoder(
    widths: Sequence[int], depths: Sequence[int], *, mlp: Sequence[int] = (8, 8, 4, 4), is_first: bool = False
) -> Shapes:
    """PVTv2; ``is_first``: PVT, at 224 x 224 pixels."""
    shapes: Shapes = {}
    for i, (width, depth, ratio, reduction) in enumerate(zip(widths, depths, mlp, (8, 4, 2, 1), strict=True)):
        inputs, kernel = (3, 7) if i == 0 else (widths[i - 1], 3)
        kernel = (4 if i == 0 else 2) if is_first else kernel
        shapes |= patch_embedding(f"patch_embed{i + 1}", inputs, width, kernel)
        for j in range(depth):
            name = f"block{i + 1}.{j}"
            shapes |= reducing_attention(f"{name}.attn", width, reduction)
            shapes |= around_attention(name, width, ratio)
            if not is_first:
                shapes |= layer(f"{name}.mlp.dwconv.dwconv", [ratio * width, 1, 3, 3])
        if is_first:
            places = (56 // 2**i) ** 2
            shapes[f"pos_embed{i + 1}"] = [1, places + (i == 3), width]
        else:
            shapes |= norm(f"norm{i + 1}", width)
    if is_first:
        shapes |= {"cls_token": [1, 1, widths[-1]]} | norm("norm", widths[-1]) | layer("head", [1000, widths[-1]])
    return shapes


def twins_encoder(widths: Sequence[int], depths: Sequence[int], *, mlp: Sequence[int], is_local: bool) -> Shapes:
    """Twins; ``is_local``: SVT, whose blocks attend in windows and to everything in turn."""
    shapes: Shapes = {}
    for i, (width, depth, ratio, reduction) in enumerate(zip(widths, depths, mlp, (8, 4, 2, 1), strict=True)):
        inputs, kernel = (3, 4) if i == 0 else (widths[i - 1], 2)
        shapes |= patch_embedding(f"patch_embeds.{i}", inputs, width, kernel)
        shapes |= layer(f"pos_block.{i}.proj.0", [width, 1, 3, 3])
        for j in range(depth):
            name = f"blocks.{i}.{j}"
            in_windows = is_local and j % 2 == 0
            shapes |= fused_attention(f"{name}.attn", width) if in_windows else {}
            shapes |= {} if in_windows else reducing_attention(f"{name}.attn", width, reduction)
            shapes |= around_attention(name, width, ratio)
    return shapes | norm("norm", widths[-1]) | layer("head", [1000, widths[-1]])


def swin_encoder(width: int, depths: Sequence[int]) -> Shapes:
    shapes = patch_embedding("patch_embed", 3, width, 4)
    for i, depth in enumerate(depths):
        for j in range(depth):
            name = f"layers.{i}.blocks.{j}"
            shapes |= fused_attention(f"{name}.attn", width) | around_attention(name, width, 4)
            shapes[f"{name}.attn.relative_position_bias_table"] = [169, 3 * 2**i]
            shapes[f"{name}.attn.relative_position_index"] = [49, 49]
        if i < 3:
            shapes |= norm(f"layers.{i}.downsample.norm", 4 * width)
            shapes[f"layers.{i}.downsample.reduction.weight"] = [2 * width, 4 * width]
            width *= 2
    return shapes | norm("norm", width) | layer("head", [1000, width])


def convolutional_decoder(widths: Sequence[int], *, is_light: bool = False) -> Shapes:
    """``widths`` of the encoder's maps, finest first."""
    shapes: Shapes = {}
    inputs, skips = widths[-1], (*widths[-2::-1], 0)
    for i, (width, skip) in enumerate(zip(WIDTHS, skips, strict=True)):
        for number, channels in ((2 * i, inputs), (2 * i + 1, width + skip)):
            shapes |= layer(f"decoder.{number}.0", [width, channels, 3, 3]) | batch_norm(f"decoder.{number}.2", width)
        shapes |= layer(f"decoder.{11 - i}", [1, width, 3, 3])
        inputs = width
    first, second = ([256, 64, 1, 1], [64, 1, 3, 3]) if is_light else ([256, 64, 3, 3], [64, 64, 3, 3])
    return shapes | layer("last_layer.0", first) | layer("last_layer.3", second) | layer("last_layer.5", [1, 64, 3, 3])


def patch_embedding(name: str, inputs: int, width: int, kernel: int) -> Shapes:
    return layer(f"{name}.proj", [width, inputs, kernel, kernel]) | norm(f"{name}.norm", width)


def around_attention(name: str, width: int, ratio: int) -> Shapes:
    mlp = layer(f"{name}.mlp.fc1", [ratio * width, width]) | layer(f"{name}.mlp.fc2", [width, ratio * width])
    return norm(f"{name}.norm1", width) | norm(f"{name}.norm2", width) | mlp


def reducing_attention(name: str, width: int, reduction: int) -> Shapes:
    shapes = layer(f"{name}.q", [width, width]) | layer(f"{name}.kv", [2 * width, width])
    if reduction > 1:
        shapes |= layer(f"{name}.sr", [width, width, reduction, reduction]) | norm(f"{name}.norm", width)
    return shapes | layer(f"{name}.proj", [width, width])


def fused_attention(name: str, width: int) -> Shapes:
    return layer(f"{name}.qkv", [3 * width, width]) | layer(f"{name}.proj", [width, width])


def batch_norm(name: str, width: int) -> Shapes:
    return norm(name, width) | {
        f"{name}.running_mean": [width],
        f"{name}.running_var": [width],
        f"{name}.num_batches_tracked": [],
    }


def norm(name: str, width: int) -> Shapes:
    return {f"{name}.weight": [width], f"{name}.bias": [width]}


def layer(name: str, shape: list[int]) -> Shapes:
    return {f"{name}.weight": shape, f"{name}.bias": [shape[0]]}
