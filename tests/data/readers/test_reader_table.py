"""Every reader of the table is one that a layout names, and keeps the methods of FileReader."""

import pytest

from hondo.data.layouts.layout_table import LAYOUTS
from hondo.data.readers.file_reader import FileReader
from hondo.data.readers.reader_table import READERS


@pytest.mark.parametrize("name", READERS)
def test_readers(name: str) -> None:
    assert issubclass(READERS[name], FileReader) and READERS[name].depth_choices
    assert name in {layout.reader for layout in LAYOUTS.values()}
