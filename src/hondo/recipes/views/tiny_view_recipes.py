"""Small twins of the recipes that learn from views: small networks on rendered walks and stereo pairs."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hondo.data.datasets.dataset_configs import SyntheticData
from hondo.recipes.recipe import Recipe
from hondo.recipes.tiny_recipes import SIZE, twin
from hondo.recipes.views import self_supervised_recipes as full
from hondo.train.objectives.objective_config import MultiFrameConfig, SelfSupervisedConfig

RESNET = "timm:test_resnet"
WALKS = SyntheticData(length=16, size_hw=SIZE, sources=(-2, 2), worlds={"simple": 1.0})
RIG = replace(WALKS, fov_deg=(70.0, 70.0), baseline=0.2)  # one camera, whose pairs differ by several pixels
PAIRS = replace(RIG, sources=("stereo",))
BOTH = replace(RIG, sources=(-2, 2, "stereo"))
NETWORK = SelfSupervisedConfig(pose="network", pose_model="nano-pose")
KNOWN = SelfSupervisedConfig(pose="known")


def kitti_mono_tiny() -> Recipe:
    """``kitti-mono`` on rendered walks."""
    return _view_twin(full.kitti_mono(), data=WALKS, objective=NETWORK, options={"encoder": RESNET})


def kitti_stereo_tiny() -> Recipe:
    """``kitti-stereo`` on rendered pairs."""
    return _view_twin(full.kitti_stereo(), data=PAIRS, objective=KNOWN, options={"encoder": RESNET, "stereo": True})


def kitti_ms_tiny() -> Recipe:
    """``kitti-ms`` on rendered walks with a stereo camera."""
    return _view_twin(full.kitti_ms(), data=BOTH, objective=NETWORK, options={"encoder": RESNET, "stereo": True})


def manydepth_kitti_tiny() -> Recipe:
    """``manydepth-kitti`` on rendered walks."""
    objective = MultiFrameConfig(photometric=NETWORK, range_decay=0.9)  # a short run has no time for 0.99
    options = {"encoder": RESNET, "pose_encoder": RESNET, "num_depths": 16}
    return _view_twin(full.manydepth_kitti(), data=WALKS, objective=objective, options=options)


def indoor_video_tiny() -> Recipe:
    """``indoor-video`` on rendered walks, whose poses are known."""
    base = full.indoor_video()
    return _view_twin(base, data=WALKS, objective=replace(base.objective, pose="known"), options={})


def stereo_folder_tiny() -> Recipe:
    """``stereo-folder`` on rendered pairs."""
    base = full.stereo_folder()
    return _view_twin(base, data=PAIRS, objective=base.objective, options={})


def _view_twin(base: Recipe, *, options: dict[str, Any], data: Any, objective: Any) -> Recipe:
    return twin(base, lr=1e-3, batch_size=4, options=options, data=data, objective=objective)


def _vtdepth(make: Callable[[], Recipe]) -> Callable[[], Recipe]:
    """The twin of a recipe of VTDepth: the network as it is, on small rendered images."""

    def recipe() -> Recipe:
        return _view_twin(make(), data=WALKS, objective=NETWORK, options={})

    recipe.__doc__ = f"``{make().name}`` on rendered walks."
    return recipe


vtdepth_a0_tiny = _vtdepth(full.vtdepth_a0)
vtdepth_b0_tiny = _vtdepth(full.vtdepth_b0)
vtdepth_b1_tiny = _vtdepth(full.vtdepth_b1)
vtdepth_b2_tiny = _vtdepth(full.vtdepth_b2)
vtdepth_c0_tiny = _vtdepth(full.vtdepth_c0)
vtdepth_pcpvt_tiny = _vtdepth(full.vtdepth_pcpvt)
vtdepth_svt_tiny = _vtdepth(full.vtdepth_svt)
vtdepth_swin_tiny = _vtdepth(full.vtdepth_swin)
vtdepth_pvt1_tiny = _vtdepth(full.vtdepth_pvt1)
vtdepth_middle_tiny = _vtdepth(full.vtdepth_middle)
