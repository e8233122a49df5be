"""The table of data sets: one line adds one. An entry makes a Sequence[Sample]."""

import inspect
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from hondo.core.errors import HondoError
from hondo.core.sample import Samples
from hondo.core.tables import Table
from hondo.core.types import Size
from hondo.data.layouts.layout_table import LAYOUTS
from hondo.data.loading.mixed_sets import MixedSets

DATASETS: Table[Any] = Table(
    "data set",
    {
        "frames": "hondo.data.datasets.clips:open_clips",
        "mix": "hondo.data.datasets.registry:open_mix",
        "photos": "hondo.data.loading.photos:Photos",
        "rgbd": "hondo.data.datasets.rgbd:Rgbd",
        "shards": "hondo.data.streaming.shards:Shards",
        "synthetic": "hondo.synthetic:SyntheticScenes",
        "synthetic-relative": "hondo.data.datasets.relative_scenes:RelativeScenes",
        "synthetic-pool": "hondo.data.datasets.rendered_pool:PooledBatches",
        **dict.fromkeys(LAYOUTS, "hondo.data.published.layout_samples:LayoutSamples"),  # by the name of its layout
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
    fixed = {"name": name} if name in LAYOUTS else {}
    unknown_options = sorted(set(given) - set(known) | set(given) & set(fixed))
    if unknown_options:
        names = ", ".join(sorted(set(known) - set(fixed)))
        raise HondoError(f"data set '{name}' has no option {', '.join(unknown_options)}; it has {names}")
    hints = _hints(entry)
    options = {key: _fitted(key, value, hints.get(key), known[key]) for key, value in given.items() if key != "root"}
    return entry(**options, **fixed, **({"root": given["root"]} if "root" in given else {}))


def open_mix(*, sets: dict[str, float], root: str | None = None, size_hw: Size | None = None) -> Samples:
    """Several data sets of the table, each with its weight: "NAME:ROOT", NAME alone where a set needs no files or lies
    in ``root``/NAME, or "NAME@SPLIT:ROOT" for a split of a published data set (of rendered scenes: their labels)."""
    opened = {}
    for text in sets:
        name, split, own = parse_set(text)
        if own is None and name in LAYOUTS:
            if root is None:
                raise HondoError(
                    f"the set '{name}' of the mix lies on disk: give root, whose folder '{name}' holds it, or its own "
                    f"path in data.sets: {text}:PATH",
                    field="root",
                )
            own = str(Path(root) / name)
        part = {"labels": split} if name == "synthetic-relative" else {"split": split}
        opened[text] = open_dataset(name, root=own, size_hw=size_hw, **part)
    return MixedSets(opened, sets)


def parse_set(text: str) -> tuple[str, str | None, str | None]:
    """Name, split and root of a set of a mix; None where they are not given."""
    which, _, root = text.partition(":")
    name, _, split = which.partition("@")
    return name, split or None, root or None


def _hints(entry: Any) -> dict[str, Any]:
    """The types of an entry's options; those of Frames for the clips that stand for it."""
    from hondo.data.datasets.clip import Frames
    from hondo.data.datasets.clips import open_clips

    found = Frames if entry is open_clips else entry
    return get_type_hints(found.__init__ if isinstance(found, type) else found)


def _fitted(name: str, value: Any, hint: Any, parameter: inspect.Parameter) -> Any:
    """The value as the type that an option takes (``sources=-1`` is a tuple of one, ``only=2`` a text), or refused."""
    allowed = tuple(get_origin(each) or each for each in (get_args(hint) if _is_union(hint) else (hint,)))
    if hint is None or any(not isinstance(each, type) for each in allowed):
        return value
    if isinstance(value, bool) and bool not in allowed and value not in allowed:
        value_fits = False
    else:
        value_fits = isinstance(value, allowed) or (isinstance(value, int) and float in allowed)
    if value_fits:
        return value
    if tuple in allowed and not isinstance(value, bool):
        return (value,)
    if str in allowed and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    names = " or ".join(each.__name__ for each in allowed if each is not type(None))
    raise HondoError(f"the option {name} must be {names} (e.g. {parameter.default!r}), got {value!r}")


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, UnionType)


def origins_of(samples: Samples) -> tuple[str, ...]:
    """What names each sample; data sets on disk know it without reading images."""
    known = getattr(samples, "origins", None)
    return tuple(known) if known is not None else tuple(samples[index].origin for index in range(len(samples)))
