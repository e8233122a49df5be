"""Weights & Biases: online where a key is known, else offline in RUN/wandb (``wandb sync`` uploads it later)."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from hondo.core.atomic import atomic_write
from hondo.core.errors import HondoError, MissingExtraError, reason_of
from hondo.train.loggers.run_logger import RunFacts, RunLogger

PROJECT = "hondo"  # WANDB_PROJECT names another


def open_wandb(facts: RunFacts) -> RunLogger:
    """A run of W&B. Its id is kept in RUN/wandb.id, so that a resumed run goes on in the same record.

    WANDB_MODE, WANDB_PROJECT, WANDB_API_KEY and the like hold as W&B documents them.
    """
    try:
        import wandb  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise MissingExtraError("wandb", extra="track") from error
    kept = facts.folder / "wandb.id"
    if facts.resume_at is None or not kept.exists():
        atomic_write(kept, uuid4().hex[:12].encode())
    try:
        run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", PROJECT),
            name=facts.folder.name,
            id=kept.read_text(),
            resume="allow",
            dir=str(facts.folder),
            mode=_mode(wandb),
            config=dict(facts.config),
            job_type=facts.name,
        )
    except Exception as error:  # its own errors, and those of the network
        raise HondoError(
            f"W&B cannot be opened: {reason_of(error)}; set WANDB_MODE=offline, or leave out wandb of loop.log",
            field="loop.log",
        ) from error
    return _Wandb(wandb, run)


def _mode(wandb: Any) -> str:
    """As WANDB_MODE says; else online with a key, and offline without one, since a run must not wait for a login."""
    stated = os.environ.get("WANDB_MODE")
    if stated:
        return stated
    return "online" if os.environ.get("WANDB_API_KEY") or wandb.login(prompt=False) else "offline"


class _Wandb:
    def __init__(self, wandb: Any, run: Any) -> None:
        self._wandb, self._run = wandb, run

    def scalars(self, values: Mapping[str, float], *, step: int) -> None:
        self._run.log(dict(values), step=step)

    def image(self, path: Path, *, step: int) -> None:
        self._run.log({"samples": self._wandb.Image(str(path))}, step=step)

    def close(self) -> None:
        self._run.finish()
