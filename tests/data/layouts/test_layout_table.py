"""What every entry of the table must say, so that it can be listed, checked and read."""

import re
import subprocess
import sys

import pytest

from hondo.data.layouts.layout_table import LAYOUTS
from hondo.data.layouts.split_table import SPLITS
from hondo.data.readers.camera_decoders import CAMERAS
from hondo.data.readers.depth_decoders import DECODERS
from hondo.data.readers.reader_table import READERS

FIELD = re.compile(r"\{(\w+)")


@pytest.mark.parametrize("name", LAYOUTS)
def test_an_entry_is_whole(name: str) -> None:
    layout = LAYOUTS[name]
    assert layout.name == name and layout.title and layout.scenes and layout.licence and layout.get
    assert layout.images and 0 < layout.median_m[0] < layout.median_m[1]
    assert all(split in SPLITS or split in ("train", "val", "test", "train_val") for split in layout.splits)
    assert (
        not layout.splits or layout.split_line or all(split.isidentifier() or "nyu" in split for split in layout.splits)
    )
    assert layout.reader in READERS
    if layout.depth:
        assert layout.encoding is not None and layout.encoding.says()
        assert layout.encoding.decoder in DECODERS or name in ("kitti-odometry", "nyu")
    assert layout.intrinsics.decoder in {"", *CAMERAS} and layout.intrinsics.says()


@pytest.mark.parametrize("name", LAYOUTS)
def test_partners_use_fields_of_the_image(name: str) -> None:
    layout = LAYOUTS[name]
    known = {field for template in layout.images for field in FIELD.findall(template)} | {"frame"}
    for template in (*layout.depth, *layout.intrinsics.templates, *layout.poses, *layout.right):
        assert set(FIELD.findall(template)) <= known, template


def test_the_table_needs_no_torch() -> None:
    code = "import sys; from hondo.data.layouts.layout_table import LAYOUTS; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
