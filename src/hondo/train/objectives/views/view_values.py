"""What the terms between views read, each computed when it is first asked for: some cost more than all the rest."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.sample import Batch
from hondo.data.loading.proxy_depth import matched_depth
from hondo.losses.photometric import moments
from hondo.losses.views.reprojection import Views, reprojection_errors, smallest
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
        self.finest = finest
        self.T_source_target = torch.stack(poses, dim=1)

    def __getitem__(self, name: str) -> Tensor:
        if name not in _NAMES:
            raise KeyError(name)
        return getattr(self, name)

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)

    @cached_property
    def depth(self) -> Float[Tensor, "b 1 h w"]:
        """Of the target, at the size of its image."""
        return self._as_depth(self.finest)

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

    @property
    def is_stereo(self) -> Bool[Tensor, " n"]:
        """Which sources are the other image of a stereo pair; refuses a batch without any."""
        found = torch.tensor([role == "stereo" for role in self.batch.source_roles])
        if not found.any():
            raise HondoError(
                "depth_hints and left_right compare the images of stereo pairs: give data.sources=stereo",
                field="data.sources",
            )
        return found

    @cached_property
    def _hint(self) -> tuple[Float[Tensor, "b 1 h w"], Bool[Tensor, "b 1 h w"]]:
        number = int(self.is_stereo.nonzero()[0, 0])
        pairs = zip(self.batch.image, self.sources[:, number], self.K, self.T_source_target[:, number], strict=True)
        found = [matched_depth(one, other, fx=float(K[0, 0]), T_other_image=T) for one, other, K, T in pairs]
        depth, is_certain = (torch.stack(each).to(self.depth.device) for each in zip(*found, strict=True))
        return depth, is_certain

    @property
    def depth_hint(self) -> Float[Tensor, "b 1 h w"]:
        """Depth of the target by semi-global matching of its stereo pair [m]."""
        return self._hint[0]

    @property
    @torch.no_grad()
    def is_hint_better(self) -> Bool[Tensor, "b 1 h w"]:
        """Where that depth is certain, and the views reproject with a smaller error than with the predicted depth."""
        hint, is_certain = self._hint
        views = Views(
            target=self.batch.image,
            sources=self.sources.unbind(1),
            K=self.K,
            source_K=self.source_K.unbind(1),
            T_source_target=self.T_source_target.unbind(1),
        )
        target = moments(views.target)
        of_hint, of_depth = (smallest(reprojection_errors(each, views, target)) for each in (hint, self.depth))
        return is_certain & (of_hint < of_depth)

    def _as_depth(self, values: Float[Tensor, "n 1 _ _"]) -> Float[Tensor, "n 1 h w"]:
        return both_units(resized(values, self.batch.image.shape[-2:]), self.model.kind)["depth"]
