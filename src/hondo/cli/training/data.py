"""``hondo data list / check / show / pack / splits / synth``: data sets by name, on disk, as a sheet or shards."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from hondo.cli.options.data_options import DataOption, progress_bar
from hondo.cli.options.metavar import shown_as
from hondo.cli.options.model_options import parse_pairs
from hondo.core.errors import HondoError

if TYPE_CHECKING:
    from hondo.core.sample import Samples
    from hondo.data.datasets.dataset_check import DatasetCheck

EXIT_SOME_FAILED = 1
_SHOWN = 20  # findings that are printed; the rest is counted


@dataclass(frozen=True, kw_only=True)
class ListConfig:
    """List the published data sets that hondo reads by name: kind of truth, scenes, licence, where to get them."""

    name: Annotated[tuple[str, ...], tyro.conf.Positional, shown_as("[NAME ...]")] = ()
    """Say everything of these: layout, encoding, intrinsics, splits."""


@dataclass(frozen=True, kw_only=True)
class ChosenData:
    """Which samples of which data set."""

    name: Annotated[str | None, tyro.conf.Positional, shown_as("[NAME]")] = None
    """A data set of `hondo data list`, or rgbd, frames, synthetic; default: what lies at --root."""
    data: Annotated[str, tyro.conf.arg(metavar="NAME")] = "auto"
    """The same as NAME."""
    root: Annotated[Path | None, shown_as("PATH")] = None
    """Where the data is: folder, manifest or video file."""
    split: Annotated[str | None, shown_as("NAME|FILE")] = None
    """Only the images of this split (`hondo data splits`), or of a list of your own."""
    lists: Annotated[Path | None, shown_as("FOLDER")] = None
    """Where the published split lists lie. Default: the folder splits below --root."""
    every: Annotated[int, tyro.conf.arg(metavar="N")] = 1
    """Only each N-th sample."""
    only: Annotated[str | None, shown_as("DOMAIN|PREFIX")] = None
    """Only samples of this domain, or whose id starts so."""
    data_option: DataOption = ()


@dataclass(frozen=True, kw_only=True)
class CheckConfig(ChosenData):
    """Read every sample of a data set and report errors (exit code 1), what is missing, and remarks."""


@dataclass(frozen=True, kw_only=True)
class ShowConfig(ChosenData):
    """Draw a sheet of samples: each image beside its depth."""

    out: Annotated[Path, tyro.conf.arg(metavar="FILE")] = Path("sheet.png")
    """The sheet."""
    count: Annotated[int, tyro.conf.arg(metavar="N")] = 8
    """How many samples."""


@dataclass(frozen=True, kw_only=True)
class SplitsConfig:
    """List split files (KITTI, NYU) with their sizes, and images that train, val and test lists share."""

    path: Annotated[Path | None, tyro.conf.Positional, shown_as("[PATH]")] = None
    """A list, or a folder of lists; without it: the published splits by name."""


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


@dataclass(frozen=True, kw_only=True)
class PackConfig:
    """Write a data set as tar shards that train, evaluate and check read from disk or a URL, as any other data."""

    out: Annotated[Path, tyro.conf.arg(metavar="FOLDER")]
    """A new folder for the shards and their index.json."""
    data: Annotated[str, tyro.conf.arg(metavar="NAME")] = "rgbd"
    """rgbd, frames, synthetic or another data set."""
    root: Annotated[Path | None, shown_as("PATH")] = None
    """Where the data is."""
    shard_mb: Annotated[float, tyro.conf.arg(metavar="MB")] = 128.0
    """Size of a shard; a run shuffles over four of them at once."""
    quality: Annotated[int | None, shown_as("1..100")] = None
    """Store images as JPEG of this quality; default: PNG, exact."""
    data_option: DataOption = ()


Config = (
    Annotated[ListConfig, tyro.conf.subcommand("list")]
    | Annotated[CheckConfig, tyro.conf.subcommand("check")]
    | Annotated[PackConfig, tyro.conf.subcommand("pack")]
    | Annotated[ShowConfig, tyro.conf.subcommand("show")]
    | Annotated[SplitsConfig, tyro.conf.subcommand("splits")]
    | Annotated[SynthConfig, tyro.conf.subcommand("synth")]
)


def run(config: Config) -> int:
    if isinstance(config, ListConfig):
        return _list(config)
    if isinstance(config, CheckConfig):
        return _check(config)
    if isinstance(config, PackConfig):
        return _pack(config)
    if isinstance(config, ShowConfig):
        return _show(config)
    if isinstance(config, SplitsConfig):
        return _published_splits() if config.path is None else _splits(config.path)
    return _synth(config)


def _list(config: ListConfig) -> int:
    from hondo.data.layouts.layout_table import LAYOUTS
    from hondo.data.layouts.layout_text import layout_lines, layout_rows

    if config.name:
        print("\n\n".join("\n".join(layout_lines(LAYOUTS[name])) for name in config.name))
        return 0
    print("\n".join(layout_rows(LAYOUTS.values())))
    print("hondo data list NAME says everything of one; hondo data check NAME --root PATH verifies it on disk")
    return 0


def _named(config: ChosenData) -> tuple[str, str]:
    """The name of the data set, and what was found at the root where that says itself what it is."""
    from hondo.data.datasets.dataset_check import describe

    name = config.name or config.data
    if name != "auto":
        return name, ""
    found = None if config.root is None else describe(config.root)
    return ("rgbd", "") if found is None else (found.dataset, found.says)


def _open(config: ChosenData, name: str) -> "Samples":
    from hondo.data.datasets.registry import open_dataset

    if not name:
        raise HondoError(
            f"{config.root} is no data set; give the folder of a clip, a manifest or a video", field="root"
        )
    options = {"every": config.every if config.every != 1 else None, "only": config.only}
    options |= {"split": config.split, "lists": config.lists}
    return open_dataset(name, root=config.root, **options, **parse_pairs(config.data_option, option="--data-option"))


def _check(config: CheckConfig) -> int:
    from hondo.data.datasets.clips import clips_of
    from hondo.data.published.layout_check import check_samples
    from hondo.train.objectives.teaching_check import clip_remarks

    name, found = _named(config)
    if not name:
        is_file = config.root is not None and config.root.is_file()
        print(f"found            {found}{'; give its folder to check the data in it' if is_file else ''}")
        return 0
    samples = _open(config, name)
    checked = check_samples(samples, track=lambda indices: progress_bar(indices, text="checking"))
    if found:
        print(f"found            {found} (read as '{name}')")
    _print_check(checked)
    for clip in clips_of(samples):
        print("".join(f"remark {clip.root}: {remark}\n" for remark in clip_remarks(clip)), end="")
    return EXIT_SOME_FAILED if checked.errors else 0


def _show(config: ShowConfig) -> int:
    from hondo.data.published.sample_sheet import write_sheet

    print(write_sheet(_open(config, _named(config)[0]), config.out, count=config.count))
    return 0


def _print_check(found: "DatasetCheck") -> None:
    sizes = ", ".join(f"{width}x{height}" for height, width in found.sizes[:5])
    print(f"samples          {found.num_samples} ({len(found.errors)} cannot be used)")
    if sizes:
        print(f"image sizes      {sizes}{' ...' if len(found.sizes) > 5 else ''} (width x height)")
    print(f"with camera      {found.num_with_camera}")
    print(f"with poses       {found.num_with_pose}")
    print(f"with depth       {found.num_with_depth}")
    if found.valid_fraction is not None:
        print(f"depth known at   {found.valid_fraction:.1%} of the pixels")
        stored = f" (stored values / {found.divide_by:g})" if found.divide_by else ""
        unit = " m" if set(found.truths) == {"metric"} else ""
        span = f"{found.min_m:.3f} to {found.max_m:.3f}{unit}, median {found.median_m:.3f}{unit}"
        print(f"depth            {span}{stored}")
    if found.truths and set(found.truths) != {"metric"}:
        print(f"labels known     {', '.join(found.truths)}")
    for finding in found.findings[:_SHOWN]:
        more = f" and {finding.count - 1} more" if finding.count > 1 else ""
        print(f"{'error ' if finding.is_error else 'remark'} {finding.origin}{more}: {finding.says}")
    if len(found.findings) > _SHOWN:
        print(f"... and {len(found.findings) - _SHOWN} more")


def _pack(config: PackConfig) -> int:
    from hondo.data.datasets.registry import open_dataset
    from hondo.data.streaming.pack import pack

    if config.shard_mb <= 0 or not 1 <= (config.quality or 1) <= 100:
        raise HondoError("--shard-mb must be positive and --quality lie in 1..100")
    options = parse_pairs(config.data_option, option="--data-option")
    samples = open_dataset(config.data, root=config.root, **options)
    packed = pack(
        samples,
        config.out,
        shard_mb=config.shard_mb,
        quality=config.quality,
        track=lambda indices: progress_bar(indices, text="packing"),
    )
    for reason in packed.failed[:_SHOWN]:
        print(f"left out {reason}")
    print(f"{packed.samples} samples in {packed.shards} shards, {packed.size / 1e6:.1f} MB: {config.out}")
    return EXIT_SOME_FAILED if packed.failed else 0


def _splits(path: Path) -> int:
    from hondo.data.datasets.splits import find_splits, overlaps

    splits = find_splits(path)
    width = max(len(split.name) for split in splits)
    print(f"{'list':<{width}}  images  scenes  no depth  repeated")
    for split in splits:
        counts = f"{len(split.images):>8}  {split.num_scenes:>6}  {split.num_without_depth:>8}  {split.num_repeated:>8}"
        print(f"{split.name:<{width}}  {counts}")
    shared = overlaps(splits)
    for overlap in shared:
        print(f"overlap: {overlap.first} and {overlap.second} share {overlap.count} images")
    return EXIT_SOME_FAILED if shared else 0


def _published_splits() -> int:
    from hondo.data.layouts.layout_text import aligned, split_facts

    print("\n".join(aligned(split_facts())))
    return 0


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
