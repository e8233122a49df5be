"""The table of data sets: one line adds one. An entry makes a Sequence[Sample]."""

import inspect
from pathlib import Path
from typing import Any

from hondo.core.errors import HondoError
from hondo.core.sample import Samples
from hondo.core.tables import Table

DATASETS: Table[Any] = Table(
    "data set",
    {
        "frames": "hondo.data.datasets.clips:open_clips",
        "rgbd": "hondo.data.datasets.rgbd:Rgbd",
        "synthetic": "hondo.synthetic:SyntheticScenes",
        "synthetic-pool": "hondo.data.datasets.rendered_pool:PooledBatches",
    },
)


def open_dataset(name: str, *, root: str | Path | None = None, **options: Any) -> Samples:
    """A data set of the table; options that are None are left out, unknown ones are refused with the known names."""
    entry = DATASETS[name]
    known = inspect.signature(entry).parameters
    given = {key: value for key, value in options.items() if value is not None}
    if "root" in known:
        if root is None:
            raise HondoError(f"data set '{name}' lies on disk: give its folder as root", field="root")
        given["root"] = root
    unknown_options = sorted(set(given) - set(known))
    if unknown_options:
        raise HondoError(
            f"data set '{name}' has no option {', '.join(unknown_options)}; it has {', '.join(sorted(known))}"
        )
    return entry(**given)


def origins_of(samples: Samples) -> tuple[str, ...]:
    """What names each sample; data sets on disk know it without reading images."""
    known = getattr(samples, "origins", None)
    return tuple(known) if known is not None else tuple(samples[index].origin for index in range(len(samples)))
