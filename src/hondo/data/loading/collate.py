"""Samples to a Batch: optional fields stay only where every sample has them."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Shaped
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.sample import Batch, Sample, SourceView, ViewRole
from hondo.core.truth_kind import TruthKind
from hondo.core.types import Camera


def collate(samples: Sequence[Sample]) -> Batch:
    """Stacks samples of one image size; refuses mixed sizes and mixed roles of the source views."""
    if not samples:
        raise HondoError("a batch needs at least one sample")
    _check_sizes(samples)
    roles: tuple[ViewRole, ...] = tuple(view.role for view in samples[0].sources)
    _check_roles(samples, roles)
    depth_gt = _stack([_map_of(sample, sample.depth_gt) for sample in samples])
    valid = _stack([_map_of(sample, None if sample.valid is None else sample.valid.float()) for sample in samples])
    if depth_gt is not None and all(sample.depth_gt is None for sample in samples):
        depth_gt = valid = None
    return Batch(
        image=torch.stack([sample.image for sample in samples]),
        K=_stack_K([sample.camera for sample in samples]),
        depth_gt=depth_gt,
        valid=None if valid is None else valid.bool(),
        measured=_stack([sample.measured for sample in samples]),
        is_measured=_stack([sample.is_measured for sample in samples]),
        truths=tuple(sample.truth for sample in samples),
        pairs=_stack_pairs([sample.pairs for sample in samples]),
        is_scene=_stack_scene(samples),
        source_images=_stack_views(samples) if roles else None,
        source_roles=roles,
        T_source_target=_stack_poses(samples) if roles else None,
        source_K=_stack_source_K(samples) if roles else None,
        distance=_stack_distances(samples) if roles else None,
        origins=tuple(sample.origin for sample in samples),
        clips=tuple(sample.clip for sample in samples),
    )


def _stack(tensors: Sequence[Shaped[Tensor, "..."] | None]) -> Shaped[Tensor, "b ..."] | None:
    """Stacked along a new first axis; None if one is missing."""
    known = [tensor for tensor in tensors if tensor is not None]
    return torch.stack(known) if len(known) == len(tensors) else None


def _map_of(sample: Sample, values: Shaped[Tensor, "1 h w"] | None) -> Shaped[Tensor, "1 h w"] | None:
    """The map; of ordinal truth, which has none, zeros (not valid), so that it can stand beside samples with maps."""
    return torch.zeros_like(sample.image[:1]) if sample.truth is TruthKind.ORDINAL else values


def _stack_scene(samples: Sequence[Sample]) -> Bool[Tensor, "b 1 h w"] | None:
    """A sample without a mask shows scene everywhere; None if no sample has one."""
    if all(sample.is_scene is None for sample in samples):
        return None
    whole = torch.ones_like(samples[0].image[:1], dtype=torch.bool)
    return torch.stack([whole if sample.is_scene is None else sample.is_scene for sample in samples])


def _stack_pairs(lists: Sequence[Float[Tensor, "_ 5"] | None]) -> Float[Tensor, "b p 5"] | None:
    """As many rows as the longest list has, filled up with NaN; None if no sample has any."""
    known = [torch.zeros(0, 5) if pairs is None else pairs for pairs in lists]
    longest = max(map(len, known))
    if not longest:
        return None
    return torch.stack([F.pad(pairs, (0, 0, 0, longest - len(pairs)), value=torch.nan) for pairs in known])


def _stack_views(samples: Sequence[Sample]) -> Float[Tensor, "b n 3 h w"]:
    return torch.stack([torch.stack([view.image for view in sample.sources]) for sample in samples])


def _stack_poses(samples: Sequence[Sample]) -> Float[Tensor, "b n 4 4"] | None:
    return _stack([_stack([view.T_source_target for view in sample.sources]) for sample in samples])


def _stack_distances(samples: Sequence[Sample]) -> Float[Tensor, "b n"] | None:
    """NaN where a distance is not known; None if none is."""
    rows = [[view.distance for view in sample.sources] for sample in samples]
    if all(metres is None for row in rows for metres in row):
        return None
    return torch.tensor([[torch.nan if metres is None else metres for metres in row] for row in rows])


def _stack_K(cameras: Sequence[Camera | None]) -> Float[Tensor, "n 3 3"] | None:
    return _stack([None if camera is None else torch.from_numpy(camera.K).float() for camera in cameras])


def _stack_source_K(samples: Sequence[Sample]) -> Float[Tensor, "b n 3 3"] | None:
    """A view without a camera of its own has the target's."""
    return _stack([_stack_K([_camera_of(view, sample) for view in sample.sources]) for sample in samples])


def _camera_of(view: SourceView, sample: Sample) -> Camera | None:
    return sample.camera if view.camera is None else view.camera


def _check_sizes(samples: Sequence[Sample]) -> None:
    size = samples[0].image.shape
    for sample in samples:
        images = [sample.image, *(view.image for view in sample.sources)]
        wrong = next((image.shape for image in images if image.shape != size), None)
        if wrong is not None:
            raise HondoError(
                f"a batch needs images of one size: {samples[0].origin} is {size[1]}x{size[2]}, "
                f"{sample.origin} is {wrong[1]}x{wrong[2]} (height x width); give the data set a size_hw"
            )


def _check_roles(samples: Sequence[Sample], roles: tuple[ViewRole, ...]) -> None:
    for sample in samples:
        found = tuple(view.role for view in sample.sources)
        if found != roles:
            raise HondoError(
                f"a batch needs the same source views for every sample: {samples[0].origin} has {roles}, "
                f"{sample.origin} has {found}"
            )
