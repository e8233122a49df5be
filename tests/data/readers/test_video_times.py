"""Lists of video times: the frame at each time, both halves, and lists that are broken."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.data.datasets.registry import open_dataset
from tests.contracts.dataset_trees import put


def test_times(tree: Callable[[str], Path]) -> None:
    root = tree("wsvd")
    put(root / "times.csv", "video,seconds\nfilm.mp4,0\nfilm.mp4,0.2\nfilm.mp4,9\nnone.mp4,0\n")
    samples = open_dataset("wsvd", root=root)
    assert [origin.rpartition("/")[2] for origin in samples.origins] == [
        "film.mp4#0", "film.mp4#0.2", "film.mp4#9", "none.mp4#0",
    ]  # fmt: skip
    assert float(samples[1].image.mean() * 255) == pytest.approx(120, abs=3)  # the third frame
    assert float(samples[0].sources[0].image.mean() * 255) == pytest.approx(0, abs=3)
    with pytest.raises(HondoError, match="ends before 9 s"):
        samples[2]
    with pytest.raises(HondoError, match=r"none\.mp4 does not exist"):
        samples[3]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("film,time\na,1\n", "must name video and seconds, it names film, time"),
        ("video,seconds\na.mp4,one\n", "row 1: seconds is 'one'"),
        ("video,seconds\n", "the list is empty"),
    ],
)
def test_broken_lists(text: str, says: str, tree: Callable[[str], Path]) -> None:
    root = tree("wsvd")
    put(root / "times.csv", text)
    with pytest.raises(HondoError, match=says):
        open_dataset("wsvd", root=root)
