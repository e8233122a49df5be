"""TensorBoard: event files in RUN/tensorboard."""

import json
from collections.abc import Mapping
from pathlib import Path

from hondo.core.errors import MissingExtraError
from hondo.images.read import read_image
from hondo.train.loggers.run_logger import RunFacts, RunLogger


def open_tensorboard(facts: RunFacts) -> RunLogger:
    """A writer of event files; a resumed run hides what was written after its checkpoint."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise MissingExtraError("tensorboard", extra="track") from error
    purge = None if facts.resume_at is None else facts.resume_at + 1
    writer = SummaryWriter(str(facts.folder / "tensorboard"), purge_step=purge)
    if facts.resume_at is None:
        writer.add_text("config", f"```json\n{json.dumps(facts.config, indent=1, default=str)}\n```", 0)
    return _TensorBoard(writer)


class _TensorBoard:
    def __init__(self, writer: "SummaryWriter") -> None:  # type: ignore[name-defined]
        self._writer = writer

    def scalars(self, values: Mapping[str, float], *, step: int) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def image(self, path: Path, *, step: int) -> None:
        self._writer.add_image("samples", read_image(path), step, dataformats="HWC")

    def close(self) -> None:
        self._writer.close()
