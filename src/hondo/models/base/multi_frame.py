"""MultiFrameModel: a DepthModel that also looks at the frames before, where they are given."""

from typing import Any

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.core.types import Camera, InputSpec
from hondo.geometry.pose import invert_pose
from hondo.geometry.projection import K_of
from hondo.models.base.depth_model import DepthModel, cropped
from hondo.models.base.pose_model import PoseModel
from hondo.nn.cost_volume import Matching


class MatchingNetwork(nn.Module):
    """An encoder that matches frames, and a decoder of its features."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def forward(
        self, image: Float[Tensor, "b 3 h w"], *views: Float[Tensor, "..."] | None
    ) -> tuple[list[Float[Tensor, "b 1 _ _"]], Matching]:
        features, matching = self.encoder(image.contiguous(memory_format=torch.channels_last), *views)
        return self.decoder(features), matching


class MultiFrameModel(DepthModel):
    """Depth of an image and, if there are any, of the frames before it.

    ``pose`` tells how the camera moved where that is not given; None: it must be. Without earlier frames the model
    answers from the image alone, as it does for the first frame of a video.
    """

    num_previous = 1  # the published weights were trained with one

    def __init__(self, network: MatchingNetwork, *, pose: PoseModel | None, **described: Any) -> None:
        super().__init__(network, **described)
        self.pose = pose

    def set_input_spec(self, spec: InputSpec) -> None:
        """Another native size or normalisation, for the pose network too."""
        super().set_input_spec(spec)
        if self.pose is not None:
            self.pose.set_input_spec(spec)

    def forward(
        self,
        image: Float[Tensor, "b 3 h w"],
        previous: Float[Tensor, "b n 3 h w"] | None = None,
        camera: Camera | Float[Tensor, "b 3 3"] | None = None,
        T_previous_target: Float[Tensor, "b n 4 4"] | None = None,
    ) -> list[Float[Tensor, "b 1 _ _"]]:
        """``previous``: the newest first. ``camera``, or K in pixels of ``image``, took all of them."""
        maps = self.matched(image, previous, camera, T_previous_target)[0]
        return maps if self.factor == 1 else [self.factor * each for each in maps]

    def matched(
        self,
        image: Float[Tensor, "b 3 h w"],
        previous: Float[Tensor, "b n 3 h w"] | None = None,
        camera: Camera | Float[Tensor, "b 3 3"] | None = None,
        T_previous_target: Float[Tensor, "b n 4 4"] | None = None,
    ) -> tuple[list[Float[Tensor, "b 1 _ _"]], Matching]:
        """The maps, and what was matched on the way to them (at a quarter of the padded size)."""
        padded = self.prepared(image)
        views: tuple[Tensor, ...] = ()
        if previous is not None and previous.shape[1]:
            K = _K(camera, image=image)
            check_previous(previous, T_previous_target, image=image)
            T = self.poses(image, previous) if T_previous_target is None else T_previous_target
            views = (self.prepared(previous.flatten(0, 1)).unflatten(0, previous.shape[:2]), K, T)
        maps, matching = self.network(padded, *views)
        return cropped(maps, image=image, padded=padded), matching

    def poses(self, image: Float[Tensor, "b 3 h w"], previous: Float[Tensor, "b n 3 h w"]) -> Float[Tensor, "b n 4 4"]:
        """``T_previous_target`` of every earlier frame: the motions between neighbours, one behind the other.

        The pose network sees images as they were taken, the earlier first, so its answers are inverted.
        """
        if self.pose is None:
            raise HondoError(f"{self.name} was built without a pose network; give T_previous_target")
        later = torch.cat([image[:, None], previous[:, :-1]], dim=1)
        motions = self.pose(previous.flatten(0, 1), later.flatten(0, 1))
        steps = invert_pose(motions).unflatten(0, previous.shape[:2]).unbind(1)
        chained = [steps[0]]
        for step in steps[1:]:
            chained.append(step @ chained[-1])
        return torch.stack(chained, dim=1)


def check_previous(
    previous: Shaped[Tensor, "..."], T_previous_target: Shaped[Tensor, "..."] | None, *, image: Float[Tensor, "b 3 h w"]
) -> None:
    """Refuses earlier frames of another size, and poses of another number."""
    batch, _, height, width = image.shape
    if previous.ndim != 5 or previous.shape[0] != batch or tuple(previous.shape[2:]) != (3, height, width):
        raise HondoError(
            f"previous frames must have the shape (b n 3 h w) of the image, ({batch} n 3 {height} {width}), "
            f"got {tuple(previous.shape)}"
        )
    wanted = (batch, previous.shape[1], 4, 4)
    if T_previous_target is not None and tuple(T_previous_target.shape) != wanted:
        raise HondoError(f"T_previous_target must have the shape {wanted}, got {tuple(T_previous_target.shape)}")


def _K(camera: Camera | Float[Tensor, "b 3 3"] | None, *, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 3"]:
    """The intrinsics in pixels of the image, one matrix for each of the batch."""
    if camera is None:
        raise HondoError(
            "matching earlier frames needs the camera's intrinsics: give camera=Camera(fx=, fy=, cx=, ...)"
        )
    if isinstance(camera, Tensor):
        return camera
    height, width = image.shape[-2:]
    return K_of(camera.resized((height, width)), device=image.device).expand(image.shape[0], 3, 3)
