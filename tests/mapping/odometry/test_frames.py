"""The images of a source, in order, with times; what does not fit is one clear line."""

import numpy as np
import pytest

from hondo.core.errors import HondoError, HondoWarning
from hondo.images.read import write_image
from hondo.mapping.odometry.frames import open_sequence

K = "40,40,24,16"


def folder(path, names, *, size=(32, 48)):
    for name in names:
        write_image(path / name, np.full((*size, 3), 90, np.uint8))
    return path


def test_times_are_those_of_the_names_or_of_the_rate(tmp_path) -> None:
    numbered = open_sequence(str(folder(tmp_path / "a", ["0.png", "1.png", "10.png"])), camera=K, fps=5)
    assert [each.time_s for each in numbered.images()] == pytest.approx([0, 0.2, 0.4]) and numbered.count == 3
    assert [each.frame for each in numbered.images(every=2)] == [0, 2]
    assert len(list(numbered.images(limit=2))) == 2
    timed = open_sequence(str(folder(tmp_path / "b", ["100.5.png", "101.25.png"])), camera=K, fps=5)
    assert [each.time_s for each in timed.images()] == [100.5, 101.25]


def test_what_does_not_fit_is_said(tmp_path) -> None:
    with pytest.raises(HondoError, match="needs its intrinsics") as error:
        open_sequence(str(folder(tmp_path / "a", ["0.png", "1.png"])), camera=None, fps=5)
    assert error.value.field == "camera"
    with pytest.raises(HondoError, match="go back or repeat"):
        list(open_sequence(str(folder(tmp_path / "b", ["1.50.png", "1.5.png"])), camera=K, fps=5).images())
    mixed = folder(tmp_path / "c", ["0.png", "1.png"])
    folder(mixed, ["2.png"], size=(48, 48))
    with pytest.raises(HondoError, match="48x48 among those of 48x32"):
        list(open_sequence(str(mixed), camera=K, fps=5).images())
    (mixed / "1.png").write_bytes(b"\x89PNG broken")
    with pytest.warns(HondoWarning, match="left out"):
        (mixed / "2.png").unlink()
        assert len(list(open_sequence(str(mixed), camera=K, fps=5).images())) == 1
