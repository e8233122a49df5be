"""A study's folder on a store behind a URL: a folder of this machine that follows it, outcome by outcome."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from hondo.core.atomic import append_line
from hondo.core.cache import cache_folder
from hondo.core.text_file import load_object
from hondo.data.streaming.shards import is_url
from hondo.fleet.store.shared_store import check_writable, open_store
from hondo.recipes.search.trial_log import Outcome, TrialLog

OUTCOMES = "outcomes"  # on the store: one object with one JSON line for each trial
REPORTS = ("study.json", "report.md", "report.json", "report.html", "trials.jsonl")


@contextmanager
def study_folder(out: str) -> Iterator[Path]:
    """The folder of the study at ``out``; of a URL a copy of this machine, whose reports are stored at the end."""
    check_writable(open_store(out), field="out")
    if not is_url(out):
        yield Path(out)
        return
    folder = mirror_of(out)
    folder.mkdir(parents=True, exist_ok=True)
    _pull(out, folder)
    try:
        yield folder
    finally:
        store = open_store(out)
        figures = [path.relative_to(folder).as_posix() for path in (folder / "figures").glob("*")]
        for name in (*REPORTS, *figures):
            if (folder / name).is_file():
                store.put(folder / name, name)


def mirror_of(out: str) -> Path:
    """The folder of this machine that follows a URL."""
    return cache_folder() / "studies" / hashlib.sha256(out.encode()).hexdigest()[:12]


def push(out: str, outcome: Outcome) -> None:
    """Stores an outcome where ``out`` is a URL: in a folder its line is in trials.jsonl."""
    if is_url(out):
        open_store(out).write(f"{OUTCOMES}/{outcome.hash}.json", (json.dumps(asdict(outcome)) + "\n").encode())


def _pull(out: str, folder: Path) -> None:
    """The outcomes on the store that the folder does not have."""
    store, log = open_store(out), TrialLog(folder)
    known = {outcome.hash: outcome for outcome in log.read()}
    for name in store.names(OUTCOMES):
        line = store.read(name).decode().strip()
        outcome = Outcome(**load_object(line, name=name))
        if known.get(outcome.hash) != outcome:
            append_line(log.path, line)
