"""The vision transformer as an encoder: the tokens after chosen blocks, as maps."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.errors import HondoError, unknown
from hondo.core.types import Size
from hondo.models.encoders.embed import Embed, Maps
from hondo.nn.blocks.transformer_block import NORM_EPS, TransformerBlock
from hondo.nn.derived import Derived
from hondo.nn.positions import POSITIONS, resized_positions

READOUTS = ("project", "add", "ignore")
Triple = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class ViTFacts:
    """A plain vision transformer. ``grid_hw``: the tokens that its position embeddings were learnt for."""

    dim: int
    patch: int
    depth: int
    num_heads: int
    grid_hw: Size
    mlp_ratio: float = 4.0
    layer_scale: float | None = None
    has_class_token: bool = True
    mean: Triple = (0.5, 0.5, 0.5)
    std: Triple = (0.5, 0.5, 0.5)


@dataclass(frozen=True, kw_only=True)
class ViTUse:
    """What a depth model takes from a vision transformer; None stands for the transformer's own.

    ``hooks``: the blocks whose tokens become maps. ``attention``: of ATTENTION, or one for each block. ``head_dim``:
    channels of a head, where heads do not share the width. ``grid_hw``: of the stored position embeddings.
    ``positions``: how they are resized, of POSITIONS. ``readout``: the class token is projected with every map's
    tokens ("project"), added to them ("add"), or left out ("ignore") (Ranftl et al. 2021, equations 4 to 6).
    ``is_normed``: maps pass the final layer norm, as DINOv2 gives them.
    """

    hooks: tuple[int, ...] | None = None
    attention: str | tuple[str, ...] = "softmax"
    num_heads: int | None = None
    head_dim: int | None = None
    grid_hw: Size | None = None
    positions: str = "bilinear"
    readout: str = "project"
    is_normed: bool = False

    def __post_init__(self) -> None:
        if self.readout not in READOUTS:
            raise unknown("readout", self.readout, READOUTS)
        if self.positions not in POSITIONS:
            raise unknown("resizing of position embeddings", self.positions, POSITIONS)


class ViT(nn.Module):
    """Maps of the embedding's CNN, where it has one, then the tokens after each hooked block.

    Blocks after the last hook are not built.
    """

    is_fixed = False

    def __init__(self, patch_embed: Embed, facts: ViTFacts, use: ViTUse) -> None:
        super().__init__()
        hooks, dim, prefix = use.hooks or (facts.depth - 1,), facts.dim, int(facts.has_class_token)
        grid_hw = use.grid_hw or facts.grid_hw
        self.channels = (*patch_embed.channels, *(dim for _ in hooks))
        self.strides = (*patch_embed.strides, *(facts.patch for _ in hooks))
        self.mean, self.std = facts.mean, facts.std
        self.hooks, self.grid_hw, self.how_resized = hooks, grid_hw, use.positions
        self.patch_embed = patch_embed
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim)) if prefix else None
        self.pos_embed = nn.Parameter(0.02 * torch.randn(1, prefix + grid_hw[0] * grid_hw[1], dim))
        self.blocks = nn.ModuleList(
            TransformerBlock(
                dim=dim,
                num_heads=use.num_heads or facts.num_heads,
                attention=attention,
                head_dim=use.head_dim,
                mlp_ratio=facts.mlp_ratio,
                layer_scale=facts.layer_scale,
            )
            for attention in attention_of_blocks(use.attention, depth=hooks[-1] + 1)
        )
        self.norm = nn.LayerNorm(dim, eps=NORM_EPS) if use.is_normed else nn.Identity()
        readout = use.readout if prefix else "ignore"
        self.readouts = nn.ModuleList(  # one a map, as the decoder counts them
            [nn.Identity() for _ in patch_embed.channels] + [readout_of(readout, dim=dim) for _ in hooks]
        )
        self.derived = Derived()

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Maps:
        maps, grid = self.patch_embed(image)
        size_hw = grid.shape[-2], grid.shape[-1]
        tokens = grid.flatten(2).transpose(1, 2)  # (b n d)
        if self.cls_token is not None:
            tokens = torch.cat([self.cls_token.expand(tokens.shape[0], -1, -1).to(tokens.dtype), tokens], dim=1)
        tokens = tokens + self._positions(size_hw)
        for index, block in enumerate(self.blocks):
            tokens = block(tokens, size_hw)
            if index in self.hooks:
                maps.append(self._as_map(tokens, size_hw, readout=self.readouts[len(maps)]))
        return maps

    def _positions(self, size_hw: Size) -> Float[Tensor, "1 n d"]:
        def resize(positions: Float[Tensor, "1 _ d"]) -> Float[Tensor, "1 _ d"]:
            return resized_positions(positions, grid_hw=self.grid_hw, size_hw=size_hw, how=self.how_resized)

        return self.derived(size_hw, self.pos_embed, resize)

    def _as_map(self, tokens: Float[Tensor, "b n d"], size_hw: Size, *, readout: nn.Module) -> Float[Tensor, "b d _ _"]:
        """A view where nothing is computed: channels last in memory."""
        tokens = readout(self.norm(tokens))
        cells = tokens[:, tokens.shape[1] - size_hw[0] * size_hw[1] :]
        return cells.transpose(1, 2).unflatten(2, size_hw)


def attention_of_blocks(attention: str | tuple[str, ...], *, depth: int) -> tuple[str, ...]:
    """The attention of every block; refuses another number of them than there are blocks."""
    each = (attention,) * depth if isinstance(attention, str) else tuple(attention)
    if len(each) != depth:
        raise HondoError(f"attention is one name, or one for each of the {depth} blocks, got {len(each)} names")
    return each


def readout_of(name: str, *, dim: int) -> nn.Module:
    """What becomes of the class token, by a name of READOUTS."""
    return {"project": ProjectReadout, "add": AddReadout}[name](dim=dim) if name != "ignore" else nn.Identity()


class AddReadout(nn.Module):
    """The class token added to every token."""

    def __init__(self, *, dim: int) -> None:
        super().__init__()

    def forward(self, tokens: Float[Tensor, "b n d"]) -> Float[Tensor, "b m d"]:
        return tokens[:, 1:] + tokens[:, :1]


class ProjectReadout(nn.Module):
    """gelu(linear([token, class token])) at every token; the class token's share is computed once."""

    def __init__(self, *, dim: int) -> None:
        super().__init__()
        self.project = nn.Linear(2 * dim, dim)

    def forward(self, tokens: Float[Tensor, "b n d"]) -> Float[Tensor, "b m d"]:
        of_token, of_class = self.project.weight.chunk(2, dim=1)
        shared = F.linear(tokens[:, :1], of_class, self.project.bias)
        return F.gelu(F.linear(tokens[:, 1:], of_token) + shared)
