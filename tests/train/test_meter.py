import torch

from hondo.train.meter import Meter


def test_means_since_the_last_reading():
    meter = Meter()
    meter.add(torch.tensor(1.0), {"a": torch.tensor(4.0)}, images=2)
    meter.add(torch.tensor(3.0), {"a": torch.tensor(8.0)}, images=2)
    first = meter.read()
    assert (first["loss"], first["a"]) == (2.0, 6.0) and first["images_per_s"] > 0
    meter.add(torch.tensor(5.0), {"a": torch.tensor(0.0)}, images=2)
    assert meter.read()["loss"] == 5.0
