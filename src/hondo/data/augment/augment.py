"""Random changes of training batches: same batch, same generator state, same result, on any device."""

from collections.abc import Callable
from dataclasses import replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.sample import Batch
from hondo.data.augment import appearance as photometric
from hondo.data.augment import geometric
from hondo.data.augment.augment_config import AugmentConfig


def augment(batch: Batch, generator: torch.Generator, *, config: AugmentConfig | None = None) -> Batch:
    """Geometry of everything; looks only in ``augmented`` and ``augmented_sources``, all views of a sample alike."""
    config = config or AugmentConfig()
    batch = random_flip(batch, generator, chance=config.flip)
    batch = random_window(batch, generator, config=config)
    return random_look(batch, generator, config=config)


def random_flip(batch: Batch, generator: torch.Generator, *, chance: float = 0.5) -> Batch:
    """Each sample mirrored with this chance, with its cameras and poses."""
    return geometric.flip(batch, _draw(batch, generator) < chance) if chance else batch


def random_window(batch: Batch, generator: torch.Generator, *, config: AugmentConfig) -> Batch:
    """Zooms in by chance and cuts a window; K follows, so depth stays what it is."""
    if not config.zoom and config.crop_hw is None:
        return batch
    height, width = batch.image.shape[-2:]
    size_hw = config.crop_hw or (height, width)
    is_zoomed = _draw(batch, generator) < config.zoom
    scale = torch.where(is_zoomed, 1 + _draw(batch, generator) * (config.max_zoom - 1), 1.0)
    spare_rows, spare_columns = height - size_hw[0] / scale, width - size_hw[1] / scale
    if float(torch.minimum(spare_rows, spare_columns).min()) < -1e-3:
        raise HondoError(f"augment.crop_hw {size_hw[0]}x{size_hw[1]} is larger than the images, {height}x{width}")
    # whole pixels where nothing is enlarged, so that a crop copies pixels
    top, left = (_whole(_draw(batch, generator) * spare, is_zoomed) for spare in (spare_rows, spare_columns))
    return geometric.zoom(batch, top=top, left=left, scale=scale, size_hw=size_hw)


def random_look(batch: Batch, generator: torch.Generator, *, config: AugmentConfig) -> Batch:
    """Colours, light, blur, noise and JPEG, in the order light takes through a camera; each sample by chance."""
    views = batch.image[:, None]
    if batch.source_images is not None:
        views = torch.cat([views, batch.source_images], dim=1)  # b (1+n) 3 h w
    changed = views.clone()
    for chance, change in _steps(config, generator):
        pick = torch.nonzero(_draw(batch, generator) < chance)[:, 0]
        strength = _Strength(batch, generator, pick)
        if len(pick):
            changed[pick] = change(changed[pick], strength)
    sources = changed[:, 1:] if batch.source_images is not None else None
    return replace(batch, augmented=changed[:, 0], augmented_sources=sources)


class _Strength:
    """Draws one number in low..high for each picked sample."""

    def __init__(self, batch: Batch, generator: torch.Generator, pick: Int[Tensor, " p"]) -> None:
        self._batch, self._generator, self._pick = batch, generator, pick

    def __call__(self, low: float, high: float) -> Float[Tensor, " p"]:
        return (low + (high - low) * _draw(self._batch, self._generator)).to(self._batch.image)[self._pick]


Change = Callable[[Tensor, _Strength], Tensor]


def _steps(config: AugmentConfig, generator: torch.Generator) -> tuple[tuple[float, Change], ...]:
    """Chance and change, in order."""

    def balance(views: Float[Tensor, "p n 3 h w"], between: _Strength) -> Float[Tensor, "p n 3 h w"]:
        gains = [between(1 - config.gain, 1 + config.gain) for _ in range(3)]
        return photometric.white_balance(views, torch.stack(gains, dim=1))

    return (
        (config.blur, lambda views, between: photometric.blur(views, between(*config.blur_sigma))),
        (config.exposure, lambda views, between: photometric.exposure(views, between(-config.stops, config.stops))),
        (config.white_balance, balance),
        (config.jitter, lambda views, between: _jitter(views, between, generator, config)),
        (config.gamma, lambda views, between: photometric.gamma(views, between(*config.gamma_range))),
        (
            config.noise,
            lambda views, between: photometric.noise(views, between(*config.noise_sigma), generator=generator),
        ),
        (config.jpeg, lambda views, between: photometric.jpeg(views, between(*config.jpeg_quality))),
    )


def _jitter(
    views: Float[Tensor, "p n 3 h w"], between: _Strength, generator: torch.Generator, config: AugmentConfig
) -> Float[Tensor, "p n 3 h w"]:
    """Brightness, contrast, saturation and hue, in an order that is drawn for the batch."""
    ranges = [(1 - share, 1 + share) for share in (config.brightness, config.contrast, config.saturation)]
    ranges.append((-config.hue, config.hue))
    order = torch.randperm(len(ranges), generator=generator, device=generator.device).tolist()
    return photometric.jitter(views, order, [between(*ranges[index]) for index in order])


def _draw(batch: Batch, generator: torch.Generator) -> Float[Tensor, " b"]:
    """Uniform in 0..1, one a sample, on the generator's device."""
    return torch.rand(len(batch.image), generator=generator, device=generator.device)


def _whole(offset: Float[Tensor, " b"], is_zoomed: Bool[Tensor, " b"]) -> Float[Tensor, " b"]:
    return torch.where(is_zoomed, offset, (offset + 0.5).floor().clamp_min(0))
