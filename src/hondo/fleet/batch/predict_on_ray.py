"""Depth of millions of images and of videos on many machines: Ray Data hands out parts, one model a worker.

A part that is committed is never done again: the same call goes on where one was cut off.
"""

import json
import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hondo.core.errors import HondoError
from hondo.core.text_file import read_json
from hondo.data.streaming.shards import is_url
from hondo.engines.load import ModelSettings
from hondo.fleet.batch.parts import (
    Part,
    PartLine,
    PartStore,
    check_same_sources,
    cut_into_parts,
    fetch,
    list_sources,
    sources_sha256,
    write_manifest,
)
from hondo.fleet.cluster.connect import cluster_gpus, connected, is_client_address, require_ray
from hondo.fleet.store.shared_store import check_writable, open_store
from hondo.video.predict.outputs import OutputConfig
from hondo.video.predict.predict_sources import predict_sources
from hondo.video.sources.source_list import find_sources

PART_SIZE = 256  # images: minutes of a worker, so that a lost one costs little and a manifest stays small
RETRIES = 10  # of a part whose worker was lost


@dataclass(frozen=True, kw_only=True)
class BatchJob:
    """What every worker of a batch prediction does. ``out``: a folder that all machines see, or a URL."""

    model: str
    settings: ModelSettings
    output: OutputConfig  # its folder is the worker's own
    out: str
    limit: int | None = None  # frames of each video


@dataclass(frozen=True, kw_only=True)
class BatchResult:
    """What lies in ``out`` now."""

    parts: tuple[PartLine, ...]
    new: int  # parts of this run

    @property
    def images(self) -> int:
        """Sources and frames with an output."""
        return sum(line.outputs for line in self.parts)

    @property
    def failed(self) -> int:
        """Sources and frames without one."""
        return sum(line.failed for line in self.parts)


def predict_on(
    address: str,
    sources: Sequence[str],
    job: BatchJob,
    *,
    workers: int,
    part_size: int = PART_SIZE,
    on_part: Callable[[PartLine, int, int], None] = lambda line, done, total: None,
) -> BatchResult:
    """Predicts what is missing in ``job.out`` with ``workers`` processes of the cluster, one model each."""
    if is_client_address(address):
        raise HondoError(
            f"address {address}: a prediction runs on a machine of the cluster; hondo fleet submit runs it on the head",
            field="address",
        )
    job = replace(job, out=job.out if is_url(job.out) else str(Path(job.out).absolute()))
    if not is_url(job.out):
        Path(job.out).mkdir(parents=True, exist_ok=True)
    check_writable(open_store(job.out), field="out")
    parts = cut_into_parts(list_sources(sources), size=part_size)
    store = PartStore(job.out)
    done = check_same_sources(store, parts)
    missing = [part for part in parts if part.name not in done]
    count = len(done)
    if missing:
        with connected(address, workers=workers):
            for line in _lines(missing, job, workers=workers):
                count += 1
                on_part(line, count, len(parts))
    with tempfile.TemporaryDirectory(prefix="hondo-manifest-") as scratch:
        lines = write_manifest(store, folder=Path(scratch))
    return BatchResult(parts=tuple(lines), new=count - len(done))


def _lines(parts: Sequence[Part], job: BatchJob, *, workers: int) -> Iterator[PartLine]:
    """Through Ray Data: it keeps every worker busy, no more in flight than they can take, and repeats lost parts."""
    require_ray()
    import ray.data

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.max_errored_blocks = 0
    gpus = 1 if cluster_gpus() else 0
    items = [{"number": part.number, "sources": list(part.sources)} for part in parts]
    worker: Any = _PartPredictor  # a class: Ray makes one in each actor
    rows = ray.data.from_items(items, override_num_blocks=len(items)).map(
        worker,
        fn_constructor_kwargs={"job": job},
        compute=ray.data.ActorPoolStrategy(size=workers),
        num_cpus=1,
        num_gpus=gpus,
        max_restarts=-1,
        max_task_retries=RETRIES,
    )
    for row in rows.iter_rows():
        yield PartLine(**row)


class _PartPredictor:
    """Lives in a worker: loads the model once, then predicts part by part."""

    def __init__(self, job: BatchJob) -> None:
        self.job, self.store = job, PartStore(job.out)
        self.predictor = job.settings.load(job.model)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        part = Part(number=int(row["number"]), sources=tuple(str(each) for each in row["sources"]))
        return vars(predict_part(part, self.predictor, self.job, self.store)).copy()


def predict_part(part: Part, predictor: Any, job: BatchJob, store: PartStore) -> PartLine:
    """Predicts a part into a folder of this machine and commits it. Who is second takes the line of the first."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="hondo-part-", dir=os.environ.get("HONDO_SCRATCH")) as scratch:
        files = fetch(part, Path(scratch) / "in")
        origin = dict(zip(files, part.sources, strict=False)) if len(files) == len(part.sources) else {}
        out = Path(scratch) / "out"
        out.mkdir()
        items = list(
            predict_sources(predictor, find_sources(files), output=replace(job.output, out=out), limit=job.limit)
        )
        _name_origins(out / "predictions.json", origin)
        line = PartLine(
            part=part.name,
            sources=len(part.sources),
            outputs=sum(item.error is None for item in items),
            failed=sum(item.error is not None for item in items),
            sources_sha256=sources_sha256(part.sources),
            host=f"{socket.gethostname()}:{os.getpid()}",
            seconds=round(time.perf_counter() - began, 3),
        )
        store.commit(part, out, line)
    return line


def _name_origins(path: Path, origin: dict[str, str]) -> None:
    """Names each source in predictions.json as it was given, not where this machine kept it."""
    stated = read_json(path)
    for item in stated["items"]:
        item["source"] = origin.get(item["source"], item["source"])
    path.write_text(json.dumps(stated, indent=1))
