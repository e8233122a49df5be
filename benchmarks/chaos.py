"""Faults while a study runs on a cluster of this machine: every trial ends once, with the weights of a quiet run.

    python benchmarks/chaos.py --faults 20 --json docs/reports/chaos.json    # half an hour on two cores; link: as root
    python benchmarks/chaos.py --faults 2 --kinds raylet driver --trials 2   # what `make test` runs

Faults: `raylet` (kill -9 of a worker's raylet; a new worker comes), `driver` (kill -9 of the process that runs the
study; the same command is given again), `nodes` (kill -9 of every process of the cluster and of the driver; all start
again), `link` (a worker is cut off for 75 s and comes back; it lives in a network namespace, which needs root).
Everything is ended by process id. The program stops by itself after `--minutes`.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from hondo.core.report import Report, Row
from hondo.fleet.cluster import loopback
from hondo.fleet.cluster.connect import connected
from hondo.fleet.cluster.loopback import LoopbackCluster
from hondo.fleet.store.attempts import Attempts, Record, weights_sha256
from hondo.fleet.trials.run_attempt import run_attempt
from hondo.fleet.trials.study_on_cluster import drive
from hondo.recipes.recipe import Recipe
from hondo.recipes.search.run_trial import OnValue
from hondo.recipes.search.search_space import Factor, Level, Study
from hondo.recipes.search.strategies import combinations
from hondo.recipes.search.trial import Trial, trial_of
from hondo.recipes.search.trial_log import Outcome, TrialLog
from hondo.recipes.tiny_recipes import dpt_kitti_tiny

ROOT = Path(__file__).resolve().parents[1]
LINK_S, CALM_S = 75.0, 2.0
# Health checks of Ray that find a dead node in seconds, where its defaults take half a minute.
FAST_CHECKS = {"RAY_health_check_initial_delay_ms": "1000", "RAY_health_check_period_ms": "1000",
               "RAY_health_check_timeout_ms": "3000", "RAY_health_check_failure_threshold": "3",
               "RAY_prestart_worker_first_driver": "0"}  # fmt: skip
DRIVER = """
import sys
from benchmarks.chaos import run_driver
run_driver(*sys.argv[1:])
"""


def recipe(*, epochs: int, steps: int) -> Recipe:
    """A small network on rendered scenes; an epoch ends with a checkpoint."""
    base = dpt_kitti_tiny()
    loop = replace(base.loop, checkpoint_every=steps, log_every=steps, show_progress=False)
    data = replace(base.data, length=4)  # rendering more takes longer than learning from it
    batches = replace(base.batches, batch_size=2)
    return replace(base, data=data, batches=batches, optim=replace(base.optim, max_steps=epochs * steps), loop=loop)


def chaos_study(*, trials: int, epochs: int, steps: int) -> Study:
    """Trials that differ in their learning rate."""
    rates = [round(1e-4 * (1 + number), 8) for number in range(trials)]
    levels = tuple(Level(label=f"{rate:g}", changes={"optim.lr": rate}) for rate in rates)
    factors = (Factor(name="lr", levels=levels),)
    return Study(name="chaos", recipe=recipe(epochs=epochs, steps=steps), factors=factors, by="loss")


def slow_attempt(trial: Trial, on_value: OnValue, *, root: str, by: str, pause_s: float) -> Outcome:
    """As workers run trials, with a pause after each epoch, which is when faults come."""
    return run_attempt(trial, on_value, root=root, by=by, after_checkpoint=lambda step: time.sleep(pause_s))


def run_driver(address: str, out: str, *size: str) -> None:
    """What the driver's process does; ``size``: trials, epochs, steps, pause [s], workers."""
    trials, epochs, steps, pause_s, workers = int(size[0]), int(size[1]), int(size[2]), float(size[3]), int(size[4])
    study = chaos_study(trials=trials, epochs=epochs, steps=steps)
    work = partial(slow_attempt, root=out, by=study.by, pause_s=pause_s)
    with connected(address):
        drive(study, out=out, workers=workers, retry=False, on_outcome=lambda *told: None, work=work)


def undisturbed(trial: Trial, folder: Path) -> dict[int, str]:
    """The hash of the weights after each epoch of a run of this process alone."""
    from hondo.recipes.pipeline import run

    hashes: dict[int, str] = {}

    def note(step: int) -> None:
        hashes[step] = weights_sha256(folder / "checkpoints" / "last.safetensors")

    run(trial.recipe, out=folder, on_checkpoint=note)
    return hashes


@dataclass(kw_only=True)
class Chaos:
    """A study that is disturbed."""

    out: Path
    study: Study
    size: tuple[float, ...]  # trials, epochs, steps, pause [s]
    workers: int = 2
    namespaces: bool = False
    done: Counter = field(default_factory=Counter)
    cluster: LoopbackCluster | None = None
    driver: subprocess.Popen | None = None
    count: int = 0  # of namespaces so far

    def start_nodes(self) -> None:
        host = loopback.HOST
        if self.namespaces:
            host = self._bridge()
        self.cluster = loopback.start_cluster(workers=0, environment=FAST_CHECKS, host=host)
        for _ in range(self.workers):
            self.add_worker()

    def start_driver(self) -> None:
        assert self.cluster is not None
        command = [sys.executable, "-c", DRIVER, self.cluster.address, str(self.out), *map(str, self.size)]
        log = (self.out / "driver.log").open("ab")
        self.driver = subprocess.Popen(
            [*command, str(self.workers)], cwd=ROOT, env={**os.environ, **self.cluster.settings}, stdout=log, stderr=log
        )

    def add_worker(self) -> None:
        assert self.cluster is not None
        if not self.namespaces:
            self.cluster = loopback.with_worker(self.cluster)
            return
        self.count += 1
        name, address = f"hondo{self.count}", f"10.77.0.{1 + self.count}"
        for command in (
            f"netns add {name}", f"link add {name}a type veth peer name {name}b", f"link set {name}b netns {name}",
            f"link set {name}a master hondobr", f"link set {name}a up", f"-n {name} addr add {address}/24 dev {name}b",
            f"-n {name} link set {name}b up", f"-n {name} link set lo up",
        ):  # fmt: skip
            ip(command)
        self.cluster = loopback.with_worker(self.cluster, host=address, prefix=("ip", "netns", "exec", name))

    def _bridge(self) -> str:
        with suppress(subprocess.CalledProcessError):
            ip("link add hondobr type bridge")
            ip("addr add 10.77.0.1/24 dev hondobr")
            ip("link set hondobr up")
        return "10.77.0.1"

    def raylet(self) -> None:
        """A worker's machine loses power; another one takes its place."""
        assert self.cluster is not None
        alive = [node for node in self.cluster.workers if loopback.processes_of(node, "raylet")]
        node = random.choice(alive)
        for pid in loopback.processes_of(node, "raylet"):
            os.kill(pid, signal.SIGKILL)
        loopback.end_node(node)
        self.add_worker()

    def driver_dies(self) -> None:
        assert self.driver is not None
        self.driver.kill()
        self.driver.wait()
        self.start_driver()

    def nodes(self) -> None:
        assert self.cluster is not None and self.driver is not None
        for node in (*self.cluster.workers, self.cluster.head):
            loopback.end_node(node, at_once=True)
        self.driver.kill()
        self.driver.wait()
        self.start_nodes()
        self.start_driver()

    def link(self) -> None:
        """Cuts the last worker off; it goes on computing, and comes back when others have taken its trial."""
        name = f"hondo{self.count}"
        ip(f"link set {name}a down")
        time.sleep(LINK_S)
        ip(f"link set {name}a up")
        self.add_worker()

    def is_over(self) -> bool:
        assert self.driver is not None
        return self.driver.poll() is not None

    def end(self) -> None:
        if self.driver is not None and self.driver.poll() is None:
            self.driver.kill()
            self.driver.wait()
        if self.cluster is not None:
            loopback.end_cluster(self.cluster)
        if self.namespaces:
            for number in range(1, self.count + 1):
                with suppress(subprocess.CalledProcessError):
                    ip(f"netns del hondo{number}")
            with suppress(subprocess.CalledProcessError):
                ip("link del hondobr")


def ip(command: str) -> None:
    """The network command of Linux."""
    subprocess.run(["ip", *command.split()], check=True, capture_output=True)


def disturb(chaos: Chaos, kinds: list[str], *, faults: int, seed: int, deadline: float) -> None:
    """Each fault comes when an epoch has ended since the one before, so that every fault hits work."""
    order = [kinds[number % len(kinds)] for number in range(faults)]
    random.seed(seed)
    random.shuffle(order)
    actions: dict[str, Callable[[], None]] = {
        "raylet": chaos.raylet, "driver": chaos.driver_dies, "nodes": chaos.nodes, "link": chaos.link,
    }  # fmt: skip
    for kind in order:
        before = count_records(chaos)
        while count_records(chaos) == before and not chaos.is_over() and time.monotonic() < deadline:
            time.sleep(0.1)
        if chaos.is_over() or time.monotonic() > deadline:
            return
        time.sleep(random.random() * CALM_S)
        print(f"fault {sum(chaos.done.values()) + 1} of {faults}: {kind}", flush=True)
        actions[kind]()
        chaos.done[kind] += 1


def count_records(chaos: Chaos) -> int:
    """Checkpoints that were ever written."""
    return sum("-S" in path.name for path in (chaos.out / "attempts").rglob("*.json"))


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What came of the trials. ``repeated``: finished epochs that were computed again."""

    trials: int
    lines: int
    wrong_weights: int
    lost_steps: int
    attempts: int
    repeated: int

    @property
    def is_good(self) -> bool:
        return self.lines == self.trials and not (self.wrong_weights or self.lost_steps or self.repeated)


def claims_of(attempts: Attempts, trial: Trial) -> dict[int, float]:
    """When each attempt began, by its number."""
    names = [name for name in attempts.store.names(f"attempts/{trial.hash}") if "-" not in Path(name).name]
    stated = [json.loads(attempts.store.read(name)) for name in names]
    return {each["attempt"]: each["time"] for each in stated}


def computed_again(records: list[Record], number: int, began: float, trial: Trial) -> int:
    """Epochs that were on the store when an attempt began, and that it computed nevertheless.

    The epoch that a fault has interrupted was not on the store: it is the one that may be computed again.
    """
    known = [each.step for each in records if each.attempt < number and each.time < began]
    own = [each.step for each in records if each.attempt == number]
    if not known or not own:
        return 0
    epoch = trial.recipe.loop.checkpoint_every
    return max(0, (max(known) - (min(own) - epoch)) // epoch)


def judge(chaos: Chaos, trials: list[Trial], plain: dict[str, dict[int, str]]) -> Verdict:
    """Compares every checkpoint with the undisturbed run's."""
    wrong = lost = attempts = repeated = 0
    for trial in trials:
        store = Attempts(str(chaos.out), trial.hash)
        records = store.records()
        truth = plain[trial.hash]
        wrong += sum(truth.get(each.step) != each.weights_sha256 for each in records)
        lost += len(set(truth) - {each.step for each in records})
        claims = claims_of(store, trial)
        attempts += len(claims)
        repeated += sum(computed_again(records, number, time_s, trial) for number, time_s in claims.items())
    lines = [json.loads(line)["hash"] for line in TrialLog(chaos.out).path.read_text().splitlines()]
    assert all(outcome.state == "finished" for outcome in TrialLog(chaos.out).read())
    return Verdict(
        trials=len(trials), lines=len(lines) if len(set(lines)) == len(lines) else -1, wrong_weights=wrong,
        lost_steps=lost, attempts=attempts, repeated=repeated,
    )  # fmt: skip


def run_chaos(
    out: Path,
    *,
    kinds: list[str],
    faults: int,
    trials: int,
    epochs: int,
    steps: int,
    minutes: float,
    pause_s: float = 2.0,
    workers: int = 2,
    seed: int = 0,
) -> tuple[Verdict, Counter]:
    """The faults that were done, and what came of it."""
    out.mkdir(parents=True, exist_ok=True)
    study = chaos_study(trials=trials, epochs=epochs, steps=steps)
    listed = [trial_of(study, dict(choice)) for choice in combinations(study)]
    deadline = time.monotonic() + 60 * minutes
    chaos = Chaos(
        out=out, study=study, size=(trials, epochs, steps, pause_s), workers=workers, namespaces="link" in kinds
    )
    try:
        chaos.start_nodes()
        chaos.start_driver()
        disturb(chaos, kinds, faults=faults, seed=seed, deadline=deadline)
        assert chaos.driver is not None
        while not chaos.is_over() and time.monotonic() < deadline:
            time.sleep(0.2)
        if chaos.driver.poll() != 0:
            log = (out / "driver.log").read_text(errors="replace")
            raise SystemExit(f"the driver has not finished ({chaos.driver.poll()}):\n{log[-3000:]}")
    finally:
        chaos.end()
    with tempfile.TemporaryDirectory() as scratch:
        plain = {trial.hash: undisturbed(trial, Path(scratch) / trial.hash) for trial in listed}
    return judge(chaos, listed, plain), chaos.done


def summed(rows: list[Row]) -> list[Row]:
    """One row for each subject, with the sum of its values."""
    values: Counter = Counter()
    for row in rows:
        values[row.subject] += row.value
    return [Row(name="value", value=value, subject=name) for name, value in values.items()]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faults", type=int, default=20)
    parser.add_argument("--kinds", nargs="+", default=["raylet", "driver", "nodes", "link"])
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument(
        "--add", action="store_true", help="to what the report holds, from an earlier part of the faults"
    )
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))  # by way of `finally`: nothing is left running
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        found, done = run_chaos(
            given.out or Path(scratch), kinds=given.kinds, faults=given.faults, trials=given.trials,
            epochs=given.epochs, steps=given.steps, minutes=given.minutes, seed=given.seed,
        )  # fmt: skip
    rows = [Row(name="value", value=count, subject=f"faults: {kind}") for kind, count in sorted(done.items())]
    rows += [
        Row(name="value", value=value, subject=name)
        for name, value in (
            ("trials", found.trials), ("lines in trials.jsonl", found.lines), ("attempts", found.attempts),
            ("epochs with other weights", found.wrong_weights), ("epochs lost", found.lost_steps),
            ("finished epochs computed again", found.repeated), ("minutes", round((time.monotonic() - began) / 60, 1)),
        )
    ]  # fmt: skip
    if given.add and given.json.exists():
        rows = summed([*Report.from_json(given.json.read_text()).rows, *rows])
    report = Report(title="Faults while a study runs", rows=tuple(rows))
    print(report.to_markdown())
    if given.json is not None:
        given.json.write_text(report.to_json())
    if not found.is_good:
        raise SystemExit(f"not every trial ended once with the weights of a quiet run: {found}")


if __name__ == "__main__":
    main()
