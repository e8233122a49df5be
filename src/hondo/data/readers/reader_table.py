"""The readers that layouts name: one for plain files, and those of layouts that need code."""

from pathlib import Path
from typing import Any

from hondo.core.tables import Table
from hondo.data.layouts.layout import Layout
from hondo.data.readers.file_reader import FileReader

READERS: Table[Any] = Table(
    "reader",
    {
        "files": FileReader,
        "kitti raw": "hondo.data.readers.kitti_raw:KittiRaw",
        "kitti odometry": "hondo.data.readers.kitti_odometry:KittiOdometry",
        "nyu labelled": "hondo.data.readers.nyu_labelled:NyuLabelled",
        "ordinal list": "hondo.data.readers.ordinal_list:OrdinalList",
        "stray scanner": "hondo.data.readers.stray_scanner:StrayScanner",
        "video times": "hondo.data.readers.video_times:VideoTimes",
    },
)


def open_reader(layout: Layout, root: Path, *, depth: str | None = None) -> FileReader:
    """The reader that a layout names, on the files below ``root``."""
    return READERS[layout.reader](layout, root, depth=depth)
