"""dataset.json is read as it was written; what is no such file is named."""

from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.data.partners.dataset_file import PlannedClip, is_dataset_file, read_dataset_file, write_dataset_file


def test_clips_are_read_as_written(tmp_path: Path):
    file = tmp_path / "dataset.json"
    mono = PlannedClip(
        root=tmp_path / "a.mp4", size_hw=(192, 320), stride=3, camera=(500.0, 500.0, 320.0, 240.0),
        crop=(0, 8, 200, 300), mask=tmp_path / "mask-0.png",
    )  # fmt: skip
    pair = PlannedClip(root=Path("/elsewhere/pair"), size_hw=(192, 320), is_stereo=True, baseline=0.12)
    write_dataset_file(file, [mono, pair], notes=[{"fps": 30.0}, {}])
    assert read_dataset_file(file) == [mono, pair] and is_dataset_file(file) and not is_dataset_file(tmp_path)
    assert '"root": "a.mp4"' in file.read_text()  # the folder can be moved with its files
    assert mono.options()["sources"] == (-3, 3) and mono.options()["every"] == 3
    assert pair.options()["sources"] == ("stereo",) and "mask" not in pair.options()


@pytest.mark.parametrize("text", ["{}", "[1]", '{"format": 9, "clips": []}', "{", '{"format": 1, "clips": [{"x": 1}]}'])
def test_another_file_is_refused(tmp_path: Path, text: str):
    (tmp_path / "dataset.json").write_text(text)
    with pytest.raises(HondoError, match=r"dataset\.json is "):
        read_dataset_file(tmp_path / "dataset.json")
