"""``hondo doctor``: whether videos, folders or stereo pairs are fit to train on, and how training should read them."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from hondo.cli.options.metavar import shown_as
from hondo.cli.options.model_options import CameraOption

if TYPE_CHECKING:
    from hondo.mapping.doctor.diagnosis import Diagnosis


@dataclass(frozen=True, kw_only=True)
class DoctorConfig:
    """Examine videos, folders of images, or folders with left/ and right/ before training; several at once are fine."""

    source: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE...")]
    """Video files, folders of images, folders with left/ and right/, or patterns such as "clips/*.mp4"."""
    out: Annotated[Path, tyro.conf.arg(metavar="DIR")] = Path("doctor")
    """Receives dataset.json, for `hondo train video --data`, the masks, and sheet.png to look at."""
    camera: CameraOption = None
    baseline: Annotated[float | None, shown_as("METRES")] = None
    """Distance between the cameras of stereo pairs."""


def run(config: DoctorConfig) -> int:
    from hondo.core.errors import HondoError
    from hondo.mapping.doctor.examine import examine_sources

    if not config.source:
        raise HondoError("give a video, a folder of images, or several: hondo doctor clip.mp4")
    found = examine_sources(config.source, out=config.out, camera=config.camera, baseline=config.baseline)
    print_diagnoses(found)
    print(f"look at {config.out / 'sheet.png'}; then: hondo train video --data {config.out / 'dataset.json'}")
    return 1 if any(each.refused for each in found) else 0


def print_diagnoses(found: "list[Diagnosis]") -> None:
    """A table with a column for each source, then what is odd about each."""
    from rich.console import Console
    from rich.table import Table

    console, table = Console(highlight=False, soft_wrap=False), Table()
    table.add_column("")
    for each in found:
        table.add_column(each.source.root.name, overflow="fold")
    columns = [_cells(each) for each in found]
    for name in columns[0]:
        table.add_row(name, *(cells[name] for cells in columns))
    console.print(table)
    for each in found:
        for line in each.findings:
            console.print(f"{each.source.root.name}: {line}", soft_wrap=True)


def _cells(each: "Diagnosis") -> dict[str, str]:
    source, motion, clip = each.source, each.motion, each.clip
    height, width = source.size_hw
    focal = each.focal if each.focal is not None and each.focal.is_determined else None
    stereo = each.stereo
    cells = {
        "frames": f"{source.count} of {width}x{height}" + (f", {source.fps:.4g}/s" if source.fps else ""),
        "motion (px of 256)": f"{motion.motion_px:.2f}",
        "still / only turning": f"{motion.still:.0%} / {motion.turning:.0%}",
        "moving objects": f"{motion.moving_objects:.0%}",
        "exposure jumps, cuts": f"{motion.exposure_jumps:.0%}, {motion.cuts}",
        "rolling shutter": "not seen" if motion.readout is None else f"{motion.readout:.0%} of a frame",
        "focal length (px)": "not seen"
        if focal is None
        else f"{focal.focal:.0f} ({focal.low:.0f} to {focal.high:.0f})",
        "rows of stereo (px)": "-" if stereo is None else f"{stereo.across_px:+.1f}, spread {stereo.spread_px:.1f}",
        "stride, size": f"{clip.stride}, {clip.size_hw[0]}x{clip.size_hw[1]}" if clip else "-",
        "crop": "-" if clip is None or clip.crop is None else " ".join(map(str, clip.crop)),
        "mask": "-" if clip is None or clip.mask is None or each.regions is None else f"{each.regions.masked:.1%}",
    }
    return cells | {"fit to train on": "no" if each.refused else "yes"}
