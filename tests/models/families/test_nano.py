"""hondo-nano: hondo-small's network in 8 MB."""

import torch

from hondo.data.datasets.clip import Frames
from hondo.data.datasets.embedded_clip import embedded_clip
from hondo.models.base.macs import count_macs, count_parameters
from hondo.models.base.weights_file import read_header
from hondo.models.families.nano import hondo_nano
from hondo.models.registry.build_model import build_model
from hondo.models.registry.zoo import PACKAGED_WEIGHTS


def test_fits_its_budget() -> None:
    model = hondo_nano()
    assert model.name == "hondo-nano"
    assert count_parameters(model) < 7.5e6, "bytes in int8"
    assert count_macs(model) < 2e9


def test_packaged_weights_tell_near_from_far() -> None:
    """On an image of the embedded clip, what is below is nearer than what is above."""
    path = PACKAGED_WEIGHTS["hondo-nano"]
    assert read_header(path).int8 and path.stat().st_size < 8e6
    assert path.stat().st_size + PACKAGED_WEIGHTS["hondo-small"].stat().st_size < 28e6
    with torch.no_grad():
        (inverse,) = build_model("hondo-nano")(Frames(embedded_clip().folder)[0].image[None])
    rows = inverse[0, 0].median(dim=1).values
    assert rows[-20:].mean() > 1.1 * rows[:20].mean()
    assert inverse.log().std() > 0.1
