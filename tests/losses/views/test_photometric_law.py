"""The law of self-supervision: on a rendered static scene true depth and pose leave almost no photometric error."""

import pytest
import torch

from hondo.data.loading.collate import collate
from hondo.losses.photometric import moments
from hondo.losses.views.reprojection import OUT_OF_VIEW, Views, reprojection_errors, smallest
from hondo.synthetic.scenes import SyntheticScenes

SEEN = 0.9  # of the pixels; silhouettes, and what moves behind them, are seen by no source


@pytest.mark.parametrize("sources", [(-1, 1), ("stereo",)])
def test_truth_leaves_less_than_a_hundredth(sources) -> None:
    scenes = SyntheticScenes(length=2, seed=5, size_hw=(192, 256), sources=sources, worlds={"simple": 1.0})
    batch = collate([scenes[index] for index in range(2)])
    views = Views(
        target=batch.image,
        sources=batch.source_images.unbind(1),
        K=batch.K,
        source_K=batch.source_K.unbind(1),
        T_source_target=batch.T_source_target.unbind(1),
    )

    def error(factor: float) -> float:
        depth = torch.where(batch.valid, factor * batch.depth_gt, 1000.0)
        best = smallest(reprojection_errors(depth, views, moments(batch.image), mask_outside=True))
        best = best[best < OUT_OF_VIEW].sort().values
        return best[: round(SEEN * len(best))].mean().item()

    assert error(1.0) < 0.01
    assert min(error(0.7), error(1.4)) > 1.3 * error(1.0)
