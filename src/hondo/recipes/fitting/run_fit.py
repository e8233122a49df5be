"""fit_model: searches the variants of a model for the most accurate one within a target; writes it with a report."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from hondo.core.atomic import atomic_write, make_writable_folder
from hondo.core.errors import HondoError, warn
from hondo.core.processor import hardware
from hondo.core.text_file import load_object
from hondo.engines.base.engine import EXACT, INT8_STATIC
from hondo.engines.load import ModelSettings
from hondo.evaluate.parity.export_model import licence_of
from hondo.models.base.macs import count_macs
from hondo.recipes.fitting.fit_choice import EQUAL, missed, ranked, sentence
from hondo.recipes.fitting.fit_data import FitData
from hondo.recipes.fitting.fit_measure import Workbench
from hondo.recipes.fitting.fit_proxy import Proxy, promising
from hondo.recipes.fitting.fit_report import write_fit_report
from hondo.recipes.fitting.fit_results import Result, ResultLog, Variant, Winner
from hondo.recipes.fitting.fit_space import space_of
from hondo.recipes.fitting.fit_target import FitTarget
from hondo.recipes.fitting.fit_truth import Truth, included_images, labelled_truth, own_truth
from hondo.recipes.fitting.fit_tuning import FULL, SHORT, Tuning, survivors
from hondo.recipes.fitting.fit_winner import first_that_holds

BUDGET_S, BUDGET_WITH_DATA_S = 75.0, 1800.0
ALONE, COMBINED, INT8_LEFT = 0.6, 0.8, 0.35  # shares of the budget: until when; int8 is begun while so much is left
PROXIES = 0.45  # factor of these where variants are trained afterwards
TUNED_SHORT, TUNED_FULL = 0.1, 0.9  # of the budget: each short fine-tuning; until when the full one takes
ENOUGH = 0.35  # share of the budget after which a model that meets the target as it is needs no further variants
TRUTH_S, TRUTH_IMAGES = 4.0, (3, 12)  # time for the truth's maps, and least and most images
CALIBRATION = 48  # images for int8
COMBINATIONS = 8  # that are measured at most
SLOW = 1.5  # an engine this many times as slow as another in float32 is not tried in other precisions
IMPOSSIBLE = 10**18
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class FitRun:
    """What a search came to."""

    winner: Winner
    first: Result  # the model as it is
    results: tuple[Result, ...]
    sentence: str
    report: Path


def fit_model(
    model: str,
    target: FitTarget,
    *,
    out: Path,
    settings: ModelSettings | None = None,
    data: FitData | None = None,
    budget_s: float | None = None,
    say: Say = lambda line: None,
) -> FitRun:
    """The most accurate variant of ``model`` within ``target``, as a file in ``out`` with plot, table and sentence.

    Without ``data`` only what needs no training is varied, and the model's own maps of the included clip are the
    truth. Ctrl-C keeps every result; the same call continues.
    """
    settings = settings or ModelSettings()
    out = make_writable_folder(out, field="out")
    with _locked(out):
        check_same_search(out, _stated(model, target, settings, data))
        search = Search(model, target, out=out, settings=settings, data=data, budget_s=budget_s, say=say)
        try:
            return search.run()
        finally:
            search.close()


class Search:
    """The state of one search."""

    def __init__(
        self, model: str, target: FitTarget, *, out: Path, settings: ModelSettings, data: FitData | None,
        budget_s: float | None, say: Say,
    ) -> None:  # fmt: skip
        self.name, self.target, self.out, self.say = model, target, out, say
        self.budget_s = budget_s or (BUDGET_S if data is None else BUDGET_WITH_DATA_S)
        self.share = 1.0 if data is None else PROXIES
        self.began = time.perf_counter()
        say(f"building {model}; budget {self.budget_s:.0f} s")
        built = settings.build(model)
        self.space = space_of(built, target, trains=data is not None)
        scratch = make_writable_folder(out / "work", field="out")
        self.bench = Workbench(model=built, target=target, scratch=scratch, licence=licence_of(model, settings))
        self.bench.until = self.began + self.share * self.budget_s
        self.late = set[Variant]()  # that the time did not suffice for
        self.data, self.log = data, ResultLog(out, hardware=hardware())
        self.macs_of = cache(self._macs_of)
        self.truth, self.first, self.tuning = self._prepared()

    def _prepared(self) -> tuple[Truth, Result, Tuning | None]:
        """The images, the truth, and the result of the model as it is."""
        bench, data, variant = self.bench, self.data, self.space.first
        if data is None:
            bench.calibration = tuple(included_images(bench.image_hw, count=CALIBRATION))
            images = bench.calibration
            if any(precision == INT8_STATIC for _, precision in self.space.runtimes):
                self.say("int8 is calibrated on the included clip; scenes of your own (data=PATH) suit it better")
        else:
            bench.calibration = tuple(data.images(bench.image_hw, count=CALIBRATION))
            images = data.validation_images(bench.image_hw, count=TRUTH_IMAGES[1])
        with bench.load(variant) as predictor:
            seconds = bench.timed(predictor, runs=1, seconds=0.1).median_ms / 1000
            count = min(max(round(TRUTH_S / seconds), TRUTH_IMAGES[0]), TRUTH_IMAGES[1])
            if data is not None and data.has_labels:
                kind = bench.model.kind
                truth = labelled_truth(data.validation, kind=kind, size_hw=bench.image_hw, count=2 * count)
            else:
                truth = own_truth(predictor, images[:: max(1, len(images) // count)][:count])
        tuning = None if data is None else Tuning(bench=bench, data=data, folder=self.out / "work", say=self.say)
        return truth, self._measured(variant, truth), tuning

    def _macs_of(self, variant: Variant) -> int:
        """Multiply-accumulates; of what cannot be built so many that nobody chooses it."""
        try:
            return count_macs(self.bench.model_of(variant.steps), size_hw=variant.size_hw)
        except HondoError:
            return IMPOSSIBLE

    def run(self) -> FitRun:
        """All phases; what is measured already is not measured again."""
        if not self.first.is_valid:
            raise HondoError(f"{self.name} cannot be measured as it is: {self.first.failed}")
        try:
            self.alone()
            self.combined()
            self.tune()
        except KeyboardInterrupt:
            self.report(None)
            self.say(f"stopped; every result is kept: the same command goes on from {len(self.log.results)} results")
            raise
        order, self.bench.until = ranked(self.log.valid, self.target), None
        winner = first_that_holds(self.bench, order, self.truth, folder=self.out, say=self.say)
        return self.report(winner)

    def alone(self) -> None:
        """Each change alone."""
        waiting = [each for each in self.space.one_by_one() if self.log.find(each) is None]
        for place, variant in enumerate(waiting):
            used = self.used()
            is_met = any(not missed(each, self.target) and self.is_as_good(each) for each in self.log.valid)
            until = ENOUGH if is_met and self.data is None else ALONE * self.share
            if used > until or not self.is_worth(variant) or (is_met and variant.precision == INT8_STATIC):
                continue
            self._measured(variant, self.truth, left=len(waiting) - place)

    def combined(self) -> None:
        """Combinations that are expected to be the most accurate within the target."""
        for number in range(COMBINATIONS):
            order = ranked(self.log.valid, self.target)
            best = order[0] if order and not missed(order[0], self.target) else None
            if (self.used() > COMBINED * self.share and number) or (best is not None and self.is_as_good(best)):
                break
            done = self.late | {each.variant for each in self.log.results}
            expected = promising(self.proxy(), self.target, done=done)
            guesses = [each for each in expected if self.is_worth(each.variant)]
            if not guesses or (best is not None and guesses[0].error >= best.error - EQUAL):
                break
            self._measured(guesses[0].variant, self.truth, left=COMBINATIONS - number)

    def tune(self) -> None:
        """Short fine-tuning of the survivors, full fine-tuning of the best of them."""
        if self.tuning is None:
            return
        guesses = promising(self.proxy(), self.target, done=set())
        for variant in survivors(guesses, self.macs_of):
            self._measured(variant, self.truth, left=1)
            if self.log.find(variant, tuned=SHORT) is None and self.used() < TUNED_FULL - TUNED_SHORT:
                weights = self.tuning.tuned(variant, how=SHORT, seconds=TUNED_SHORT * self.budget_s)
                self._measured(variant, self.truth, tuned=SHORT, weights=weights)
        short = [each for each in ranked(self.log.valid, self.target) if each.tuned == SHORT]
        seconds = (TUNED_FULL - self.used()) * self.budget_s
        if short and self.log.find(short[0].variant, tuned=FULL) is None and seconds > 0:
            best = short[0]
            weights = self.tuning.tuned(best.variant, how=FULL, seconds=seconds, start=best.weights)
            self._measured(best.variant, self.truth, tuned=FULL, weights=weights)

    def proxy(self) -> Proxy:
        """The expectation from all results so far."""
        alone = set(self.space.one_by_one())
        known = {each.variant: each for each in self.log.results if not each.tuned}
        return Proxy(
            space=self.space, first=self.first, macs_of=self.macs_of,
            alone={variant: each for variant, each in known.items() if variant in alone},
            seen=[each for variant, each in known.items() if variant not in alone],
        )  # fmt: skip

    def is_as_good(self, result: Result) -> bool:
        """Whether a result gives up no accuracy."""
        return result.error <= self.first.error + EQUAL

    def is_worth(self, variant: Variant) -> bool:
        """Not where its engine was far slower than the first one, or the time is too short for a search of layers."""
        first = self.space.first
        for each in self.log.valid:
            if (each.variant.engine, each.variant.precision) == (variant.engine, EXACT):
                same = self.log.find(replace(each.variant, engine=first.engine, precision=first.precision))
                if same is not None and same.is_valid and each.latency_ms > SLOW * same.latency_ms:
                    return False
        return variant.precision != INT8_STATIC or 1 - self.used() >= INT8_LEFT

    def used(self) -> float:
        """The share of the budget that is used."""
        return (time.perf_counter() - self.began) / self.budget_s

    def left_s(self) -> float:
        """Seconds of the budget that are left."""
        return max(0.0, self.budget_s - (time.perf_counter() - self.began))

    def report(self, winner: Winner | None) -> FitRun:
        """Writes table, plots and sentence; without a winner, of what there is."""
        text = "" if winner is None else sentence(self.name, winner, self.first, self.target, what=self.truth.what)
        path = write_fit_report(
            self.name, self.target, self.log, self.first, winner, folder=self.out, text=text, what=self.truth.what
        )
        if winner is None:
            return None  # type: ignore[return-value]
        return FitRun(winner=winner, first=self.first, results=tuple(self.log.valid), sentence=text, report=path)

    def close(self) -> None:
        """Removes what was written on the way."""
        for file in (self.out / "work").glob("int8-*"):
            file.unlink(missing_ok=True)

    def _measured(self, variant: Variant, truth: Truth, *, left: int = 0, tuned: str = "", weights: str = "") -> Result:
        """The result of a variant, known or measured now."""
        known = self.log.find(variant, tuned=tuned)
        if known is not None:
            return known
        try:
            result = self.log.add(self.bench.measured(variant, truth, tuned=tuned, weights=weights))
        except TimeoutError:
            self.late.add(variant)
            result = Result(variant=variant, failed="the time did not suffice for int8; give a larger budget")
        numbers = f"{result.fps:.1f} FPS, error {result.error:.4f}" if result.is_valid else result.failed
        waits = f"{left} to measure, at most {self.left_s():.0f} s left" if left else f"{self.left_s():.0f} s left"
        self.say(f"[{waits}] {result.label}: {numbers}")
        return result


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    lock = FileLock(out / ".lock")
    try:
        with lock.acquire(timeout=0):
            yield
    except Timeout as error:
        raise HondoError(f"out {out}: another process fits a model there; wait for it", field="out") from error


def _stated(model: str, target: FitTarget, settings: ModelSettings, data: FitData | None) -> dict[str, Any]:
    """What determines a search, as JSON; the frame rate and limits may change between two calls."""
    given = {"weights": settings.weights and str(settings.weights), "options": dict(settings.options)}
    setup = {name: value for name, value in asdict(target).items() if name in ("size_hw", "device", "threads")}
    return load_object(json.dumps({"model": model} | given | setup | {"data": data and data.source}), name="the search")


def check_same_search(out: Path, stated: dict[str, Any]) -> None:
    """Refuses a folder that holds the search of another model; results of it would be mixed."""
    path = out / "fit.json"
    if path.is_file():
        try:
            held = load_object(path.read_text(), name=str(path))
        except HondoError:
            warn(f"{path} cannot be read and is written again")
            held = stated
        differs = [name for name in stated if held.get(name) != stated[name]]
        if differs:
            raise HondoError(
                f"out {out} holds a search with another {' and '.join(differs)} "
                f"({', '.join(str(held.get(name)) for name in differs)}); give another folder",
                field="out",
            )
    atomic_write(path, json.dumps(stated, indent=1).encode())
