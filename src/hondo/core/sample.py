"""One training or test example, and a batch of them; optional fields serve learning with and without labels alike."""

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from jaxtyping import Bool, Float
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.truth_kind import TruthKind
from hondo.core.types import Camera

# What a source view is to its target: frames later (negative: earlier), or the other camera of a stereo pair.
ViewRole = int | Literal["stereo"]


@dataclass(frozen=True, kw_only=True)
class SourceView:
    """Another image of the same scene: RGB 0..1, its camera, and the pose that takes target points to it."""

    image: Float[Tensor, "3 h w"]
    role: ViewRole
    T_source_target: Float[Tensor, "4 4"] | None = None
    camera: Camera | None = None  # None: the same as the target's
    distance: float | None = None  # metres that the camera moved, where its speed or GPS is known


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A target image (RGB 0..1), and whatever else is known about it."""

    image: Float[Tensor, "3 h w"]
    camera: Camera | None = None
    depth_gt: Float[Tensor, "1 h w"] | None = None  # metres, or what ``truth`` says
    valid: Bool[Tensor, "1 h w"] | None = None  # where depth_gt is known
    truth: TruthKind = TruthKind.METRIC  # what depth_gt is known up to
    measured: Float[Tensor, "1 h w"] | None = None  # metres of what a model is shown, e.g. a LiDAR's points
    is_measured: Bool[Tensor, "1 h w"] | None = None  # where ``measured`` is known
    # Two points (x, y) and (x, y) in pixels, centres at +0.5; then 1: the first is nearer, -1: farther, 0: about equal.
    pairs: Float[Tensor, "p 5"] | None = None
    is_scene: Bool[Tensor, "1 h w"] | None = None  # False: a hood, a watermark, a black bar. None: scene everywhere
    sources: tuple[SourceView, ...] = ()
    origin: str = ""  # file or scene it came from
    clip: int = 0  # the number of the clip it is of; one camera took each
    remarks: tuple[str, ...] = ()  # what its reader assumed, for ``hondo data check``

    def __post_init__(self) -> None:
        size = tuple(self.image.shape[-2:])
        if self.camera is not None and tuple(self.camera.size_hw) != size:
            raise HondoError(
                f"{self.origin or 'sample'}: camera is of a {self.camera.size_hw} image, the image is {size}"
            )
        if (self.depth_gt is None) != (self.valid is None):
            raise HondoError(f"{self.origin or 'sample'}: depth_gt and valid come together")
        if (self.measured is None) != (self.is_measured is None):
            raise HondoError(f"{self.origin or 'sample'}: measured and is_measured come together")
        if self.truth is TruthKind.ORDINAL and (self.pairs is None or self.depth_gt is not None):
            raise HondoError(f"{self.origin or 'sample'}: ordinal truth is pairs of points, without a depth map")


@runtime_checkable
class Samples(Protocol):
    """A data set: so many samples, each read when it is asked for. Every Sequence[Sample] is one.

    As an annotation it reads no sample, where the type checker of the test run opens one of a Sequence[Sample].
    """

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Sample: ...


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Samples stacked along b; an optional field is there only if every sample has it."""

    image: Float[Tensor, "b 3 h w"]
    K: Float[Tensor, "b 3 3"] | None = None  # pixels of ``image``
    depth_gt: Float[Tensor, "b 1 h w"] | None = None
    valid: Bool[Tensor, "b 1 h w"] | None = None
    truths: tuple[TruthKind, ...] = ()  # of each sample; empty: all are metric
    measured: Float[Tensor, "b 1 h w"] | None = None
    is_measured: Bool[Tensor, "b 1 h w"] | None = None
    pairs: Float[Tensor, "b p 5"] | None = None  # as in Sample; rows of NaN fill up where a sample has fewer
    is_scene: Bool[Tensor, "b 1 h w"] | None = None  # of the target and its views alike; None: scene everywhere
    source_images: Float[Tensor, "b n 3 h w"] | None = None
    source_roles: tuple[ViewRole, ...] = ()  # the same n roles for every sample
    T_source_target: Float[Tensor, "b n 4 4"] | None = None
    source_K: Float[Tensor, "b n 3 3"] | None = None
    distance: Float[Tensor, "b n"] | None = None  # metres between the cameras; NaN where it is not known
    augmented: Float[Tensor, "b 3 h w"] | None = None  # colour-jittered ``image``: what the network sees
    augmented_sources: Float[Tensor, "b n 3 h w"] | None = None
    origins: tuple[str, ...] = ()
    clips: tuple[int, ...] = ()
    is_flipped: Bool[Tensor, " b"] | None = None  # mirrored by augmentation
