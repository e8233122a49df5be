"""Averages over segments of tokens as one constant matrix, which any engine multiplies."""

import torch
from jaxtyping import Float
from torch import Tensor


def averages(count: int, *, segments: int, device: torch.device) -> Float[Tensor, "segments count"]:
    """Row i averages the tokens from floor(i n / segments) to ceil((i + 1) n / segments), as adaptive pooling does."""
    place, segment = torch.arange(count, device=device), torch.arange(segments, device=device).unsqueeze(1)
    first = segment * count // segments
    end = -(-(segment + 1) * count // segments)
    inside = ((place >= first) & (place < end)).float()
    return inside / inside.sum(dim=1, keepdim=True)
