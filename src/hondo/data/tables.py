"""The table of data sets: one line adds one. An entry makes a Sequence[Sample]."""

from typing import Any

from hondo.core.tables import Table

DATASETS: Table[Any] = Table(
    "data set",
    {
        "frames": "hondo.data.frames:Frames",
        "rgbd": "hondo.data.rgbd:Rgbd",
        "synthetic": "hondo.data.synthetic:SyntheticScenes",
    },
)
