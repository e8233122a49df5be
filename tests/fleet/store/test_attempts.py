"""Attempts on a folder and on a store of objects: numbers nobody shares, late writers that replace nothing."""

import threading
from pathlib import Path
from uuid import uuid4

import pytest
import torch
from safetensors.torch import save_file

from hondo.core.errors import HondoError
from hondo.fleet.store.attempts import Attempts, weights_sha256
from hondo.fleet.store.fetch_folder import fetch_folder
from hondo.fleet.store.shared_store import check_writable, open_store


@pytest.fixture(params=["folder", "file", "memory"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    place = str(tmp_path / "store")
    return {"folder": place, "file": f"file://{place}", "memory": f"memory://{uuid4().hex}/studies"}[request.param]


def run_folder(path: Path, *, step: int) -> Path:
    """What training leaves behind after so many steps."""
    (path / "checkpoints").mkdir(parents=True, exist_ok=True)
    (path / "recipe.json").write_text("{}")
    (path / "metrics.jsonl").write_text("".join(f'{{"step": {each}}}\n' for each in range(step)))
    (path / "checkpoints" / "last.state").write_text(f"state {step}")
    save_file({"w": torch.full((2,), float(step))}, path / "checkpoints" / "last.safetensors")
    return path


def restored(root: str, folder: Path) -> str | None:
    is_there = Attempts(root, "abc").claim().restore(folder)
    return (folder / "checkpoints" / "last.state").read_text() if is_there else None


def test_no_two_attempts_share_a_number(root: str) -> None:
    numbers: list[int] = []
    threads = [threading.Thread(target=lambda: numbers.append(Attempts(root, "abc").claim().number)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 9))


def test_a_late_writer_replaces_nothing(root: str, tmp_path: Path) -> None:
    cut_off = Attempts(root, "abc").claim()
    cut_off.publish(run_folder(tmp_path / "a", step=4), step=4)
    assert restored(root, tmp_path / "b") == "state 4"
    later = Attempts(root, "abc").claim()
    later.publish(run_folder(tmp_path / "b", step=6), step=6)
    cut_off.publish(run_folder(tmp_path / "a", step=8), step=8)  # its link is back, and it was further
    assert restored(root, tmp_path / "c") == "state 6"
    assert [(each.attempt, each.step) for each in later.attempts.records()] == [(1, 4), (1, 8), (3, 6)]


def test_only_the_newest_checkpoints_stay(root: str, tmp_path: Path) -> None:
    first = Attempts(root, "abc").claim()
    for step in range(2, 10, 2):
        first.publish(run_folder(tmp_path / "a", step=step), step=step)
    assert first.attempts.checkpoints() == [(1, 6), (1, 8)] and len(first.attempts.records()) == 4
    second = Attempts(root, "abc", keep=1).claim()  # a recovery enforces it too
    assert second.restore(tmp_path / "b") and second.attempts.checkpoints() == [(1, 8)]


def test_the_run_that_was_accepted_stays(root: str, tmp_path: Path) -> None:
    one, two = Attempts(root, "abc").claim(), Attempts(root, "abc").claim()
    two.publish(run_folder(tmp_path / "a", step=2), step=2)
    two.finish(tmp_path / "a")
    one.finish(run_folder(tmp_path / "b", step=9))
    two.attempts.accept(2)
    store = open_store(root)
    assert store.read("runs/abc/checkpoints/last.state") == b"state 2"
    assert not [name for name in store.names("attempts") if name.endswith(".tar")]
    one.finish(tmp_path / "b")  # even later
    two.attempts.accept(2)  # as at the next start of the study
    assert store.read("runs/abc/checkpoints/last.state") == b"state 2"


def test_a_run_of_this_machine_goes_on(tmp_path: Path) -> None:
    run_folder(tmp_path / "runs" / "abc", step=5)
    assert restored(str(tmp_path), tmp_path / "scratch") == "state 5"
    (tmp_path / "runs" / "abc" / "report.md").touch()  # it has ended
    assert restored(str(tmp_path), tmp_path / "other") is None


def test_the_hash_is_of_the_weights_alone(tmp_path: Path) -> None:
    for name, metadata in (("a", {"x": "1"}), ("b", {"x": "another"})):
        save_file({"w": torch.ones(3)}, tmp_path / name, metadata=metadata)
    save_file({"w": torch.zeros(3)}, tmp_path / "c")
    assert weights_sha256(tmp_path / "a") == weights_sha256(tmp_path / "b") != weights_sha256(tmp_path / "c")


def test_damage_and_a_store_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    attempts = Attempts(str(tmp_path), "abc")
    attempts.store.write(attempts.tar_of(1, 2), b"no archive")
    with pytest.raises(HondoError, match=r"A0001-S00000002.tar is damaged"):
        attempts.claim().restore(tmp_path / "scratch")
    (tmp_path / "file").touch()
    with pytest.raises(HondoError, match=r"bucket .*file/x: cannot write there .*check its name") as caught:
        check_writable(open_store(tmp_path / "file" / "x"), field="bucket")
    assert caught.value.field == "bucket"
    with pytest.raises(HondoError, match="nosuch://x/y cannot be reached"):
        open_store("nosuch://x/y")


def test_a_folder_of_a_bucket_is_fetched_once(tmp_path: Path) -> None:
    url = f"memory://{uuid4().hex}/data"
    for name in ("a.txt", "deep/b.txt"):
        open_store(url).write(name, name.encode())
    assert fetch_folder(url, tmp_path) == 2 and (tmp_path / "deep" / "b.txt").read_text() == "deep/b.txt"
    assert fetch_folder(url, tmp_path) == 0
