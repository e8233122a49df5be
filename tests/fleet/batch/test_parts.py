"""Parts are committed whole and once, in a folder and in a store of objects; the same sources give the same parts."""

import json
import tarfile
import threading
from pathlib import Path
from uuid import uuid4

import cv2
import fsspec
import numpy as np
import pytest

from hondo.core.errors import HondoError
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
from hondo.fleet.batch.predict_on_ray import BatchJob, predict_part
from hondo.video.predict.outputs import OutputConfig


@pytest.fixture(params=["folder", "memory"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "memory":
        return f"memory://{uuid4().hex}/depth"
    (tmp_path / "depth").mkdir()
    return str(tmp_path / "depth")


def images(folder: Path, count: int) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    source = np.random.default_rng(0)
    paths = [folder / f"{number:02d}.png" for number in range(count)]
    for path in paths:
        cv2.imwrite(str(path), source.integers(0, 255, (24, 32, 3), dtype=np.uint8))
    return [str(path) for path in paths]


def line_of(part: Part, host: str = "here") -> PartLine:
    return PartLine(
        part=part.name, sources=len(part.sources), outputs=1, failed=0, sources_sha256=sources_sha256(part.sources),
        host=host, seconds=1.0,
    )  # fmt: skip


def output(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "a.depth.png").write_text(text)
    items = [{"source": "a.png", "png": "a.depth.png"}]
    (folder / "predictions.json").write_text(json.dumps({"model": "m", "items": items}))
    return folder


def test_of_several_workers_one_commits(root: str, tmp_path: Path) -> None:
    part, won = Part(number=3, sources=("a.png",)), []

    def work(number: int) -> None:
        done = PartStore(root).commit(part, output(tmp_path / f"w{number}", "same"), line_of(part, f"w{number}"))
        won.append(done)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 5 + [True]
    store = PartStore(root)
    assert store.is_done(part) and len(list(store.lines())) == 1
    assert not store.is_done(Part(number=4, sources=("b.png",)))


def test_what_was_not_committed_does_not_count(root: str, tmp_path: Path) -> None:
    store = PartStore(root)
    one, two = (Part(number=number, sources=(f"{number}.png",)) for number in range(2))
    store.store.write(f"{one.name}/a.depth.png", b"of a worker that was killed")
    store.commit(two, output(tmp_path / "w", "x"), line_of(two))
    assert check_same_sources(store, [one, two]) == {two.name}
    (line,) = write_manifest(store, folder=tmp_path)
    assert line.part == two.name and json.loads(store.store.read("manifest.jsonl"))["outputs"] == 1
    (item,) = json.loads(store.store.read("predictions.json"))["items"]
    assert item["png"] == "part-000001/a.depth.png"
    with pytest.raises(HondoError, match="part-000001 there was made of other sources"):
        check_same_sources(store, [one, Part(number=1, sources=("other.png",))])


def test_sources_become_parts(tmp_path: Path) -> None:
    found = images(tmp_path / "in", 5)
    with tarfile.open(tmp_path / "shard.tar", "w") as tar:
        for path in found[:2]:
            tar.add(path, arcname=f"x/{Path(path).stem}.image.png")
            tar.add(path, arcname=f"x/{Path(path).stem}.depth.png")
    listed = list_sources([str(tmp_path / "in"), str(tmp_path / "shard.tar")])
    parts = cut_into_parts(listed, size=2)
    assert [len(part.sources) for part in parts] == [2, 2, 1, 1]
    unpacked = fetch(parts[-1], tmp_path / "scratch")
    assert [Path(each).name for each in unpacked] == ["00.image.png", "01.image.png"]
    assert list_sources([str(tmp_path)]) == [str(tmp_path / "shard.tar")]  # a folder of shards
    (tmp_path / "bad.tar").write_text("no archive")
    with pytest.raises(HondoError, match=r"bad.tar cannot be unpacked"):
        fetch(Part(number=0, sources=(str(tmp_path / "bad.tar"),)), tmp_path / "scratch")


def test_urls_are_listed_and_fetched(tmp_path: Path) -> None:
    url = f"memory://{uuid4().hex}"
    system = fsspec.filesystem("memory")
    for name in ("b.jpg", "a.png", "notes.txt"):
        system.pipe_file(f"{url}/in/{name}", b"content")
    listed = list_sources([f"{url}/in"])
    assert [name.rpartition("/")[2] for name in listed] == ["a.png", "b.jpg"]
    (part,) = cut_into_parts(listed, size=8)
    assert [Path(each).read_bytes() for each in fetch(part, tmp_path)] == [b"content"] * 2
    with pytest.raises(HondoError, match="nothing there is an image"):
        list_sources([f"{url}/none"])


@pytest.fixture(scope="module")
def predictor():
    with ModelSettings(engine="torch", size_hw=(32, 32), threads=1).load("hondo-nano") as loaded:
        yield loaded


def test_a_part_is_predicted_as_hondo_predict_does(predictor, root: str, tmp_path: Path) -> None:
    found = images(tmp_path / "in", 3)
    (tmp_path / "in" / "broken.png").write_text("no image")
    part = Part(number=0, sources=(*found, str(tmp_path / "in" / "broken.png")))
    job = BatchJob(model="hondo-nano", settings=ModelSettings(), output=OutputConfig(out=tmp_path / "unused"), out=root)
    store = PartStore(root)
    line = predict_part(part, predictor, job, store)
    assert (line.outputs, line.failed, line.sources) == (3, 1, 4)
    predict_part(part, predictor, job, store)  # by a second worker, which finds the part committed
    assert len(write_manifest(store, folder=tmp_path)) == 1
    stated = json.loads(store.store.read("predictions.json"))
    assert [item["source"] for item in stated["items"]] == list(part.sources)
    assert {item["png"] for item in stated["items"]} == {
        None,
        *(f"part-000000/{each:02d}.depth.png" for each in range(3)),
    }
    assert store.store.read("part-000000/00.depth.png")[:4] == b"\x89PNG"
