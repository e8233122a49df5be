"""Poses of the source views by direct alignment with the depth that the model predicts now: no pose network."""

from jaxtyping import Float
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.core.sample import Batch
from hondo.geometry.direct_alignment import align_direct


def direct_poses(batch: Batch, depth: Float[Tensor, "b 1 h w"]) -> list[Float[Tensor, "b 4 4"]]:
    """T_source_target of every source, without a gradient; poses that the data know are where the search starts.

    The pose of a stereo view is that of the data.
    """
    assert batch.source_images is not None and batch.K is not None
    known = batch.T_source_target
    poses: dict[int, Tensor] = {}
    if "stereo" in batch.source_roles:
        if known is None:
            raise HondoError(
                "the pose of the stereo view is not known; give data.baseline=METRES", field="data.baseline"
            )
        poses = {number: known[:, number] for number, role in enumerate(batch.source_roles) if role == "stereo"}
    wanted = [number for number in range(len(batch.source_roles)) if number not in poses]
    if wanted:
        count = len(wanted)
        source_K = batch.K[:, None].expand(-1, count, -1, -1) if batch.source_K is None else batch.source_K[:, wanted]
        image, there, K = (each.repeat_interleave(count, 0) for each in (batch.image, depth.detach(), batch.K))
        start = None if known is None else known[:, wanted].flatten(0, 1)
        sources = batch.source_images[:, wanted].flatten(0, 1)
        found = align_direct(image, sources, there, K, source_K.flatten(0, 1), T_start=start)
        poses |= dict(zip(wanted, found.unflatten(0, (-1, count)).unbind(1), strict=True))
    return [poses[number] for number in range(len(batch.source_roles))]
