"""A network over two frames so small that exporting it takes seconds: every one of its inputs counts."""

import torch
from torch import Tensor, nn

from hondo.core.types import DepthKind, InputSpec, Size
from hondo.models.base.multi_frame import MatchingNetwork, MultiFrameModel
from hondo.models.base.pose_model import PoseModel
from hondo.nn.cost_volume import Matching, unmatched


class TinyEncoder(nn.Module):
    """All inputs count: the image, the frame before, the camera and the motion; a frame of zeros adds nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1, bias=False)

    def forward(self, image: Tensor, *views: Tensor) -> tuple[list[Tensor], Matching]:
        x = self.conv(image)
        if views:
            previous, K, T_previous_target = views
            moved = 1 + T_previous_target[:, 0, :3, 3].sum(1) + K[:, 0, 0] / image.shape[3]
            x = x + moved[:, None, None, None] * self.conv(previous[:, 0])
        return [x], unmatched(x, num_depths=2)


class TinyDecoder(nn.Module):
    def forward(self, features: list[Tensor]) -> list[Tensor]:
        return [0.1 + features[0].mean(1, keepdim=True).sigmoid()]


class TinyPose(nn.Module):
    """Six numbers of two images."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(6, 6, 3, stride=2)

    def forward(self, pair: Tensor) -> Tensor:
        return 0.1 * self.conv(pair).mean((2, 3))


def tiny_multi_frame(*, size_hw: Size) -> MultiFrameModel:
    torch.manual_seed(0)
    spec = InputSpec(size_hw=size_hw, multiple_of=32, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    pose = PoseModel(TinyPose(), name="tiny-pose", input_spec=spec)
    network = MatchingNetwork(TinyEncoder(), TinyDecoder())
    model = MultiFrameModel(network, pose=pose, name="tiny", kind=DepthKind.SCALED_INVERSE_DEPTH, input_spec=spec)
    return model.eval()
