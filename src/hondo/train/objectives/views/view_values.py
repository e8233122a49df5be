"""What the terms between views read, each computed when it is first asked for: some cost more than all the rest."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.sample import Batch
from hondo.losses.views.view_terms import VIEW_TERMS
from hondo.models.base.depth_model import DepthModel
from hondo.train.objectives.objective import both_units, resized
from hondo.train.objectives.views.frozen_features import FrozenFeatures
from hondo.train.objectives.views.measured_flow import measured_flow

_NAMES = frozenset(name for term in VIEW_TERMS.values() for name in term.reads)


class ViewValues(Mapping[str, Any]):
    """The values of one batch by the names of ``VIEW_TERMS``. ``finest``: the model's map, in its own unit."""

    def __init__(
        self,
        batch: Batch,
        finest: Float[Tensor, "b 1 _ _"],
        poses: list[Float[Tensor, "b 4 4"]],
        *,
        model: DepthModel,
        encoder: FrozenFeatures | None = None,
    ) -> None:
        self.batch, self.model, self.encoder = batch, model, encoder
        self.depth = self._as_depth(finest)
        self.T_source_target = torch.stack(poses, dim=1)

    def __getitem__(self, name: str) -> Tensor:
        if name not in _NAMES:
            raise KeyError(name)
        return getattr(self, name)

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)

    @property
    def sources(self) -> Float[Tensor, "b n 3 h w"]:
        """The source images as they are, without colour jitter."""
        assert self.batch.source_images is not None
        return self.batch.source_images

    @property
    def K(self) -> Float[Tensor, "b 3 3"]:
        """The target's intrinsics."""
        assert self.batch.K is not None
        return self.batch.K

    @property
    def source_K(self) -> Float[Tensor, "b n 3 3"]:
        """Those of the sources."""
        if self.batch.source_K is not None:
            return self.batch.source_K
        return self.K[:, None].expand(-1, self.sources.shape[1], -1, -1)

    @property
    def is_scene(self) -> Bool[Tensor, "b 1 h w"]:
        """Where the image shows the scene."""
        known = self.batch.is_scene
        return torch.ones_like(self.depth, dtype=torch.bool) if known is None else known

    @property
    def distance(self) -> Float[Tensor, "b n"]:
        """Metres between the cameras: of speeds or GPS, else of known poses."""
        if self.batch.distance is not None:
            return self.batch.distance
        if self.batch.T_source_target is None:
            raise HondoError(
                "the velocity term needs how far the camera moved: put a table track.csv (seconds and speed, or "
                "latitude and longitude) beside the frames, or give data.track=FILE",
                field="data.track",
            )
        return self.batch.T_source_target[..., :3, 3].norm(dim=-1)

    @cached_property
    def depth_source(self) -> Float[Tensor, "b n 1 h w"]:
        """The depth that the model predicts of the sources."""
        seen = self.sources if self.batch.augmented_sources is None else self.batch.augmented_sources
        depth = self._as_depth(self.model(seen.flatten(0, 1))[0].float())
        return depth.unflatten(0, seen.shape[:2])

    @cached_property
    def features(self) -> Float[Tensor, "b c _ _"]:
        """Of the target, by the frozen encoder."""
        assert self.encoder is not None
        return self.encoder(self.batch.image)

    @cached_property
    def features_source(self) -> Float[Tensor, "b n c _ _"]:
        """Of the sources."""
        assert self.encoder is not None
        return self.encoder(self.sources.flatten(0, 1)).unflatten(0, self.sources.shape[:2])

    @cached_property
    def _flow(self) -> tuple[Float[Tensor, "b n 2 h w"], Bool[Tensor, "b n 1 h w"]]:
        return measured_flow(self.batch.image, self.sources)

    @property
    def flow(self) -> Float[Tensor, "b n 2 h w"]:
        """Optical flow from the target to each source [pixels]."""
        return self._flow[0]

    @property
    def is_matched(self) -> Bool[Tensor, "b n 1 h w"]:
        """Where the flow leads there and back."""
        return self._flow[1]

    def _as_depth(self, values: Float[Tensor, "n 1 _ _"]) -> Float[Tensor, "n 1 h w"]:
        return both_units(resized(values, self.batch.image.shape[-2:]), self.model.kind)["depth"]
