"""Images a second of self-supervised training, beside a textbook loop: python benchmarks/training_speed.py [--quick]

ResNet-18, monocular, 640x192, batches of 4: a step of hondo's training loop, and the training of monodepth2 as its
paper describes it, written plainly (`textbook` below). Both start from equal weights on equal batches and take turns in
one process; the fastest step of each counts. With `--threads 1`, processor time is little disturbed by other programs.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from hondo.core.report import Report, Row
from hondo.core.sample import Batch
from hondo.geometry.pose import invert_pose
from hondo.models.registry.build_model import build_model
from hondo.train.loop.fabric import has_fast_bf16, make_fabric
from hondo.train.loop.loop_config import FabricConfig, OptimConfig
from hondo.train.loop.training import Training
from hondo.train.objectives.objective_config import SelfSupervisedConfig
from hondo.train.objectives.self_supervised import SelfSupervised

LR, SMOOTHNESS = 1e-4, 1e-3


def make_batch(size: int, size_hw: tuple[int, int]) -> Batch:
    """Smooth noise that moves three pixels to the right from frame to frame."""
    h, w = size_hw
    image = F.interpolate(torch.rand(size, 3, h // 8, w // 8), size_hw, mode="bilinear")
    K = torch.tensor([[0.58 * w, 0, w / 2], [0, 1.92 * h, h / 2], [0, 0, 1]]).expand(size, 3, 3)
    sources = torch.stack([image.roll(-3, -1), image.roll(3, -1)], dim=1)
    return Batch(image=image, K=K, source_images=sources, source_roles=(-1, 1))


def networks(options: dict[str, object]) -> tuple[nn.Module, nn.Module]:
    """Depth and pose network with the same weights each time."""
    torch.manual_seed(0)
    return tuple(build_model(name, weights="random", **options).train() for name in ("monodepth2", "monodepth2-pose"))


def structural_similarity(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """(1 - SSIM) / 2 over averages of 3x3 pixels."""
    x, y = (F.pad(each, (1, 1, 1, 1), mode="reflect") for each in (x, y))
    mean_x, mean_y, xx, yy, xy = (F.avg_pool2d(each, 3, 1) for each in (x, y, x * x, y * y, x * y))
    covariance, variances = xy - mean_x * mean_y, xx - mean_x**2 + yy - mean_y**2
    over = (2 * mean_x * mean_y + 1e-4) * (2 * covariance + 9e-4)
    return ((1 - over / ((mean_x**2 + mean_y**2 + 1e-4) * (variances + 9e-4))) / 2).clamp(0, 1)


def photometric(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """85 % SSIM, 15 % L1."""
    return (0.85 * structural_similarity(x, y) + 0.15 * (x - y).abs()).mean(1, keepdim=True)


def warp(source: torch.Tensor, depth: torch.Tensor, pose: torch.Tensor, K: torch.Tensor) -> torch.Tensor:
    """The source at the places where the target's points lie in it."""
    b, _, h, w = depth.shape
    y, x = torch.meshgrid(torch.arange(h) + 0.5, torch.arange(w) + 0.5, indexing="ij")
    pixels = torch.stack([x, y, torch.ones_like(x)]).reshape(1, 3, -1).expand(b, -1, -1)
    points = torch.cat([torch.linalg.inv(K) @ pixels * depth.reshape(b, 1, -1), torch.ones(b, 1, h * w)], dim=1)
    seen = K @ (pose @ points)[:, :3]
    grid = (seen[:, :2] / (seen[:, 2:] + 1e-7)).reshape(b, 2, h, w).permute(0, 2, 3, 1)
    return F.grid_sample(source, 2 * grid / torch.tensor([w, h]) - 1, padding_mode="border", align_corners=False)


def smoothness(inv_depth: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
    """Edge-aware, of the inverse depth over its mean."""
    normal, total = inv_depth / (inv_depth.mean((2, 3), keepdim=True) + 1e-7), torch.zeros(())
    for axis in (2, 3):
        total = total + (normal.diff(dim=axis).abs() * (-image.diff(dim=axis).abs().mean(1, keepdim=True)).exp()).mean()
    return total


def textbook(depth_net: nn.Module, pose_net: nn.Module, batch: Batch) -> Callable[[], torch.Tensor]:
    """A training step as monodepth2's paper describes it: a pass of the pose network for each source, every scale
    upsampled, warped and compared at full size, and plain Adam."""
    assert batch.source_images is not None and batch.K is not None
    sources, image, K = batch.source_images.unbind(1), batch.image, batch.K
    optimizer = torch.optim.Adam([*depth_net.parameters(), *pose_net.parameters()], lr=LR)

    def step() -> torch.Tensor:
        maps = depth_net(image)
        poses = [invert_pose(pose_net(sources[0], image)), pose_net(image, sources[1])]
        total = torch.zeros(())
        for scale, inv_depth in enumerate(maps):
            depth = 1 / F.interpolate(inv_depth, image.shape[-2:], mode="bilinear", align_corners=False)
            warped = [photometric(warp(source, depth, pose, K), image) for source, pose in zip(sources, poses)]
            still = torch.cat([photometric(source, image) for source in sources], dim=1)
            still = still + 1e-5 * torch.randn_like(still)
            total = total + torch.cat([still, *warped], dim=1).amin(1).mean()
            small = F.interpolate(image, inv_depth.shape[-2:], mode="area")
            total = total + SMOOTHNESS / 2**scale * smoothness(inv_depth, small)
        optimizer.zero_grad()
        (total / len(maps)).backward()
        optimizer.step()
        return (total / len(maps)).detach()

    return step


def hondos(depth_net: nn.Module, pose_net: nn.Module, batch: Batch, *, precision: str) -> Callable[[], torch.Tensor]:
    """A step of hondo's training loop."""
    objective = SelfSupervised(depth_net, SelfSupervisedConfig(), pose=pose_net)
    setup = FabricConfig(accelerator="cpu", precision=precision)
    optim = OptimConfig(name="adam", lr=LR, weight_decay=0.0, schedule="constant", warmup=0.0, clip_norm=None)
    training = Training(objective, optim, fabric=make_fabric(setup), setup=setup, advice="")
    batches: Iterator[Batch] = repeat(batch)
    return lambda: training.step(batches, step=0, progress=0.5)[0]


@dataclass(kw_only=True)
class Times:
    """The fastest step so far, and the loss of the first."""

    step: Callable[[], torch.Tensor]
    wall: float = float("inf")
    processor: float = float("inf")
    first_loss: float = float("nan")

    def take(self) -> None:
        wall, processor = time.perf_counter(), time.process_time()
        loss = self.step().item()
        self.wall = min(self.wall, time.perf_counter() - wall)
        self.processor = min(self.processor, time.process_time() - processor)
        self.first_loss = loss if self.first_loss != self.first_loss else self.first_loss


def measure(*, size_hw: tuple[int, int], batch_size: int, rounds: int, options: dict[str, object]) -> Report:
    torch.manual_seed(0)
    batch = make_batch(batch_size, size_hw)
    entries = {"textbook, float32": Times(step=textbook(*plain_order(networks(options)), batch))}
    for precision, name in (("32-true", "float32"), ("bf16-mixed", "bf16")):
        if precision == "32-true" or has_fast_bf16():
            entries[f"hondo, {name}"] = Times(step=hondos(*networks(options), batch, precision=precision))
    for _ in range(rounds):
        for entry in entries.values():
            entry.take()
    base = entries["textbook, float32"]
    rows = []
    for subject, entry in entries.items():
        values = {
            "images a second": batch_size / entry.wall,
            "times the textbook loop": base.wall / entry.wall,
            "times the textbook loop, processor time": base.processor / entry.processor,
        }
        rows.append(Row(name="loss of the first step", value=entry.first_loss, better="lower", subject=subject))
        rows += [Row(name=name, value=value, better="higher", subject=subject) for name, value in values.items()]
    threads = torch.get_num_threads()
    notes = (f"{size_hw[1]}x{size_hw[0]} px, {batch_size} images a step, {threads} threads, fastest of {rounds}",)
    return Report(title="Self-supervised training", rows=tuple(rows), notes=notes)


def plain_order(pair: tuple[nn.Module, nn.Module]) -> tuple[nn.Module, nn.Module]:
    """The same networks with all maps in the order batch, channels, rows, columns, as the authors' code keeps them."""
    depth_net, pose_net = pair
    network = depth_net.network
    network.forward = lambda image: network.decoder(network.encoder(image))
    return depth_net, pose_net


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one step of tiny images: does it run?")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if not given.quick:
        torch.set_num_threads(given.threads)
    size_hw, batch_size, rounds = ((32, 64), 2, 1) if given.quick else ((192, 640), 4, given.rounds)
    options = {"encoder": "timm:test_resnet"} if given.quick else {}
    report = measure(size_hw=size_hw, batch_size=batch_size, rounds=rounds, options=options)
    print(report.to_markdown())
    if given.json:
        given.json.write_text(report.to_json() + "\n")


if __name__ == "__main__":
    main()
