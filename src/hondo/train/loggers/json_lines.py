"""metrics.jsonl in the run folder: one JSON line per record."""

from collections.abc import Mapping
from pathlib import Path

from hondo.train.loggers.run_logger import RunFacts
from hondo.train.loop.checkpoint import Metrics, RunFolder


class JsonLines:
    """Appends to metrics.jsonl. Images lie in the run folder already."""

    def __init__(self, facts: RunFacts) -> None:
        self._metrics = Metrics(RunFolder(facts.folder).metrics, resume_at=facts.resume_at)

    def scalars(self, values: Mapping[str, float], *, step: int) -> None:
        """One line that starts with the step."""
        self._metrics.write({"step": step, **values})

    def image(self, path: Path, *, step: int) -> None:
        """Nothing: the file is where it belongs."""

    def close(self) -> None:
        """Closes the file."""
        self._metrics.close()
