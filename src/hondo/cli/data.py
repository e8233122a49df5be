"""``hondo data check / splits / synth``: verifies a data set on disk, lists splits, makes synthetic data."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from hondo.cli.options.data_options import DataOption, progress_bar
from hondo.cli.options.model_options import parse_pairs
from hondo.core.errors import HondoError

if TYPE_CHECKING:
    from hondo.data.datasets.dataset_check import DatasetCheck

EXIT_SOME_FAILED = 1
_SHOWN = 20  # findings that are printed; the rest is counted


@dataclass(frozen=True, kw_only=True)
class CheckConfig:
    """Read every sample of a data set and report errors (exit code 1) and remarks."""

    data: Annotated[str, tyro.conf.arg(metavar="NAME")] = "auto"
    """rgbd, frames or synthetic; auto: what lies there."""
    root: Annotated[Path | None, tyro.conf.arg(metavar="PATH")] = None
    """Where the data is: folder, manifest or video file."""
    every: Annotated[int, tyro.conf.arg(metavar="N")] = 1
    """Check each N-th sample."""
    only: Annotated[str | None, tyro.conf.arg(metavar="DOMAIN|PREFIX")] = None
    """Only samples of this domain, or whose id starts so."""
    data_option: DataOption = ()


@dataclass(frozen=True, kw_only=True)
class SplitsConfig:
    """List split files (KITTI, NYU) with their sizes, and images that train, val and test lists share."""

    path: Annotated[Path, tyro.conf.Positional]
    """A list, or a folder of lists."""


@dataclass(frozen=True, kw_only=True)
class SynthConfig:
    """Render synthetic scenes into a folder that the rgbd data set reads."""

    out: Annotated[Path, tyro.conf.arg(metavar="FOLDER")]
    """Folder for the images, the depth maps and manifest.csv."""
    count: Annotated[int, tyro.conf.arg(metavar="N")] = 100
    """How many images."""
    seed: Annotated[int, tyro.conf.arg(metavar="N")] = 0
    """Another seed renders other scenes."""
    data_option: DataOption = ()


Config = (
    Annotated[CheckConfig, tyro.conf.subcommand("check")]
    | Annotated[SplitsConfig, tyro.conf.subcommand("splits")]
    | Annotated[SynthConfig, tyro.conf.subcommand("synth")]
)


def run(config: Config) -> int:
    if isinstance(config, CheckConfig):
        return _check(config)
    if isinstance(config, SplitsConfig):
        return _splits(config)
    return _synth(config)


def _check(config: CheckConfig) -> int:
    from hondo.data.datasets.dataset_check import check_dataset, describe
    from hondo.data.datasets.registry import open_dataset

    found = None if config.root is None else describe(config.root)
    name = config.data if config.data != "auto" else "rgbd" if found is None else found.dataset
    options = {"every": config.every if config.every != 1 else None, "only": config.only}
    options |= parse_pairs(config.data_option, option="--data-option")
    samples = open_dataset(name, root=config.root, **options)
    checked = check_dataset(samples, track=lambda indices: progress_bar(indices, text="checking"))
    if found is not None:
        print(f"found            {found.says} (read as '{name}')")
    _print_check(checked)
    return EXIT_SOME_FAILED if checked.errors else 0


def _print_check(found: "DatasetCheck") -> None:
    sizes = ", ".join(f"{width}x{height}" for height, width in found.sizes[:5])
    print(f"samples          {found.num_samples} ({len(found.errors)} cannot be used)")
    print(f"image sizes      {sizes}{' ...' if len(found.sizes) > 5 else ''} (width x height)")
    print(f"with camera      {found.num_with_camera}")
    print(f"with poses       {found.num_with_pose}")
    print(f"with depth       {found.num_with_depth}")
    if found.valid_fraction is not None:
        print(f"depth known at   {found.valid_fraction:.1%} of the pixels")
        print(f"depth            {found.min_m:.3f} to {found.max_m:.3f} m, median {found.median_m:.3f} m")
    for finding in found.findings[:_SHOWN]:
        print(f"{'error ' if finding.is_error else 'remark'} {finding.origin}: {finding.says}")
    if len(found.findings) > _SHOWN:
        print(f"... and {len(found.findings) - _SHOWN} more")


def _splits(config: SplitsConfig) -> int:
    from hondo.data.datasets.splits import find_splits, overlaps

    splits = find_splits(config.path)
    width = max(len(split.name) for split in splits)
    print(f"{'list':<{width}}  images  scenes  no depth  repeated")
    for split in splits:
        counts = f"{len(split.images):>8}  {split.num_scenes:>6}  {split.num_without_depth:>8}  {split.num_repeated:>8}"
        print(f"{split.name:<{width}}  {counts}")
    shared = overlaps(splits)
    for overlap in shared:
        print(f"overlap: {overlap.first} and {overlap.second} share {overlap.count} images")
    return EXIT_SOME_FAILED if shared else 0


def _synth(config: SynthConfig) -> int:
    from hondo.data.datasets.registry import open_dataset
    from hondo.data.datasets.rgbd import write_rgbd

    if config.count < 1:
        raise HondoError(f"--count must be 1 or more, got {config.count}")
    samples = open_dataset(
        "synthetic", length=config.count, seed=config.seed, **parse_pairs(config.data_option, option="--data-option")
    )
    print(write_rgbd(samples, config.out, track=lambda indices: progress_bar(indices, text="rendering")))
    return 0
