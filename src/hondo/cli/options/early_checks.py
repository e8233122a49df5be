"""Checks of what was typed that need no model and no torch, before anything slow is imported."""

import os
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from hondo.cli.options.model_options import parse_size
from hondo.core.atomic import check_writable
from hondo.core.errors import HondoError, unknown

OPTIONS = str(__package__)  # where shared options are declared
BASELINE = "floor:"  # a prefix of what `hondo evaluate` takes in place of a model


def check_early(config: Any, *, command: str) -> None:
    """Refuses unknown names of models, engines and protocols, sizes, cameras, and files that cannot be written."""
    for name, value in _values(config):
        check = (CHECKS | OF_COMMAND.get(command, {})).get(name)
        if check is None or value is None or isinstance(value, bool):
            continue
        for each in value if isinstance(value, tuple) else (value,):
            check(each)


def _values(config: Any) -> Iterator[tuple[str, Any]]:
    for each in fields(config) if is_dataclass(config) else ():
        value = getattr(config, each.name)
        if is_dataclass(value) and type(value).__module__.startswith(OPTIONS):  # options that commands share
            yield from _values(value)
        else:
            yield each.name, value


def check_model(name: str) -> None:
    """A name that is none of a model, or a file or folder that is not there."""
    from hondo.models.registry.facts import stored_facts

    name, is_baseline = str(name).partition("@")[0], str(name).startswith(BASELINE)  # bench: MODEL@ENGINE
    if is_baseline or Path(name).exists():
        return
    if Path(name).suffix or os.sep in name:
        raise HondoError(f"model {name}: no such file or folder")
    names = [fact.name for fact in stored_facts()]
    if name not in names:
        raise unknown("model", name, names)


def check_size(text: str) -> None:
    parse_size(text)


def check_engine(name: str) -> None:
    from hondo.engines.registry import ENGINES

    if name != "auto" and name not in ENGINES:
        raise unknown("engine", name, ["auto", *ENGINES])


def check_protocol(name: str) -> None:
    from hondo.evaluate.protocols import protocol_named

    protocol_named(name)


def check_align(text: str) -> None:
    from hondo.evaluate.accuracy.score_image import parse_align

    parse_align(text)


def check_camera(text: str) -> None:
    """Text that is neither a file nor numbers."""
    from hondo.data.datasets.intrinsics import is_field_of_view, read_camera

    if not Path(text).exists() and "," not in text and not is_field_of_view(text):
        read_camera(text, size_hw=(480, 640))  # says what is allowed


def check_source(text: str) -> None:
    """Images or a video that are not there."""
    from hondo.video.sources.source_list import find_sources

    if not Path(text).exists():
        find_sources((text,))


def check_data(text: str) -> None:
    if "://" not in text:
        check_source(text)


def check_live(text: str) -> None:
    from hondo.video.sources.source_list import CLIP, check_stream

    if text != CLIP:
        check_stream(text)


def check_study(name: str) -> None:
    from hondo.recipes.search.studies import study_table

    study_table.check_study(name)


def check_file(path: Path) -> None:
    if not path.is_file():
        raise HondoError(f"{path}: no such file")


def check_root(path: Path) -> None:
    if "://" not in str(path) and not path.exists():
        raise HondoError(f"root {path} does not exist", field="root")


CHECKS: dict[str, Callable[[Any], None]] = {
    "model": check_model,
    "engine": check_engine,
    "size": check_size,
    "camera": check_camera,
    "root": check_root,
    "calibration": check_source,
    "check": check_source,
    "images": check_source,
    "json": check_writable,
    "markdown": check_writable,
    "figures": check_writable,
}
OF_COMMAND: dict[str, dict[str, Callable[[Any], None]]] = {
    "evaluate": {"protocol": check_protocol, "align": check_align},
    "doctor": {"source": check_source},
    "odometry": {"source": check_source, "truth": check_file},
    "fuse": {"source": check_source, "poses": check_file, "out": check_writable, "page": check_writable},
    "scale": {"out": check_writable},
    "live": {"source": check_live},
    "compress": {"data": check_data},
    "fit": {"data": check_data},
    "distil": {"data": check_data, "teacher": check_model, "student": check_model},
    "study": {"study": check_study},
}
