"""A stream of images through a multi-frame model: features of past frames are kept, not computed again."""

from collections import deque
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hondo.models.base.depth_model import cropped
from hondo.models.base.multi_frame import MultiFrameModel
from hondo.models.encoders.matching import MatchingResNet


def keeps_features(model: nn.Module) -> bool:
    """Whether a model matches features that a stream can keep."""
    return isinstance(model, MultiFrameModel) and isinstance(model.network.encoder, MatchingResNet)


class FeatureMemory:
    """Call it with one image (b 3 h w) after another: it gives the finest map, as the model with the frames before.

    Memory is that of ``num_previous`` frames. The first image, and one of another size, stand alone.
    """

    def __init__(self, model: MultiFrameModel) -> None:
        assert keeps_features(model)
        self._model = model
        self._past: deque[tuple[Tensor, Tensor]] = deque(maxlen=model.num_previous)  # image, features; newest first

    def __call__(
        self,
        image: Float[Tensor, "b 3 h w"],
        K: Float[Tensor, "b 3 3"],
        T_previous_target: Float[Tensor, "b n 4 4"] | None = None,
    ) -> Float[Tensor, "b 1 _ _"]:
        """``T_previous_target``: of the frames before, the newest first; None: the model's pose network finds them."""
        if self._past and self._past[0][0].shape != image.shape:
            self._past.clear()
        network: Any = self._model.network
        padded, seen_before = self._model.prepared(image), None
        if self._past:
            images, features = zip(*self._past, strict=True)
            seen_before = torch.stack(features, dim=1)
            if T_previous_target is None:
                T_previous_target = self._model.poses(image, torch.stack(images, dim=1))
        features, _ = network.encoder(
            padded.contiguous(memory_format=torch.channels_last), None, K, T_previous_target, seen_before=seen_before
        )
        self._past.appendleft((image, features[1]))
        (finest,) = cropped(network.decoder(features)[:1], image=image, padded=padded)
        return self._model.factor * finest
