"""Which layers must stay in float: each is quantized alone, and the most sensitive stay, as few as the error allows.

Nothing here knows an engine. An engine gives a function that builds the network with some layers in float and the
others quantized; the search measures its error on the validation images.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from hondo.core.errors import HondoError
from hondo.engines.base.metadata import Int8Facts
from hondo.engines.base.predictor import Run
from hondo.engines.quantization.calibration import MAX_ABS_REL_ERROR, QuantizationOptions
from hondo.engines.quantization.validation import Validation

MAX_BLOCKS = 24  # groups of layers that are quantized one at a time; only those that stay in float are divided further
MAX_TRIALS = 192  # networks that are measured; one that needs more gains little from int8
LAST_TRIALS = 16  # float layers of the highest cost that are tried once more in int8 at the end
# Share of the allowed error: if bf16 in the float part costs more than this, the float part is computed in fp32.
FLOAT_SHARE = 2 / 3
MACS_PER_VALUE = 12  # multiply-accumulates that take as long as reading or writing one value

# The network with these layers in float and the others quantized; the float part in this precision.
BuildNetwork = Callable[[frozenset[str], str], Run]
# The abs_rel error of the network with these layers in float and the others quantized.
MeasureError = Callable[[frozenset[str]], float]
OnProgress = Callable[[str], None]


def operation_cost(*, macs: float, values: float) -> float:
    """The cost of an operation that reads and writes so many values (weights included), in multiply-accumulates.

    int8 halves both compared with bf16.
    """
    return macs + MACS_PER_VALUE * values


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """The error from quantizing a block of layers alone, and the block's cost, which int8 reduces."""

    name: str
    layers: tuple[str, ...]
    abs_rel_error: float
    cost: float


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """The layers that stay in float, the error that is left, and the sensitivities, the highest first."""

    kept: tuple[str, ...]
    abs_rel_error: float
    sensitivities: tuple[Sensitivity, ...] = ()
    trials: int = 1


def search_float_layers(
    layers: Mapping[str, float],
    build: BuildNetwork,
    *,
    validation: Validation,
    options: QuantizationOptions,
    float_precisions: Sequence[str] = ("fp32",),
) -> Int8Facts:
    """The layers that stay in float, and the first of ``float_precisions`` that is accurate enough for them.

    ``layers``: the cost of each, see ``operation_cost``.
    """
    few, allowed = validation.few(), FLOAT_SHARE * options.max_abs_rel_error
    everything = frozenset(layers)
    accurate = (each for each in float_precisions[:-1] if few.abs_rel_error(build(everything, each)) <= allowed)
    float_precision = next(accurate, float_precisions[-1])
    result = search(
        layers,
        lambda kept: validation.abs_rel_error(build(kept, float_precision)),
        rank_by=lambda kept: few.abs_rel_error(build(kept, float_precision)),
        max_abs_rel_error=options.max_abs_rel_error,
        on_progress=options.on_progress,
    )
    return Int8Facts(
        images=len(options.calibration), kept=result.kept, float_precision=float_precision,
        abs_rel_error=result.abs_rel_error,
    )  # fmt: skip


def search(
    layers: Mapping[str, float],
    measure: MeasureError,
    *,
    max_abs_rel_error: float = MAX_ABS_REL_ERROR,
    rank_by: MeasureError | None = None,
    on_progress: OnProgress = lambda line: None,
) -> SearchResult:
    """The layers that must stay in float so that the error is at most ``max_abs_rel_error``.

    ``layers``: the cost of each. Each block of layers is quantized alone and ranked by its error relative to its cost;
    the most sensitive stay in float, as few as bisection finds. Their blocks are then divided, down to single layers,
    and ranked again. At the end the layers of the highest cost are quantized one after the other as far as the error
    allows, because errors do not simply add up. ``rank_by`` (default: ``measure``) ranks, and may use fewer images.
    """
    trials = _Trials(measure, rank_by=rank_by or measure)
    error = trials.error(frozenset())
    if error <= max_abs_rel_error:
        return SearchResult(kept=(), abs_rel_error=error, trials=trials.count)
    on_progress(
        f"all {len(layers)} layers in int8: abs_rel error {error:.2%}, allowed {max_abs_rel_error:.2%}; "
        "measuring the sensitivity of the layers"
    )
    least = trials.error(frozenset(layers))
    if least > max_abs_rel_error:
        raise HondoError(
            f"even with no layer in int8 the abs_rel error is {least:.2%}, more than the allowed "
            f"{max_abs_rel_error:.2%}; allow more",
            field="max_drop",
        )
    kept, error, blocks, sensitivities = tuple(layers), least, {"all": tuple(layers)}, ()
    while any(len(block) > 1 for block in blocks.values()):
        blocks = _divide(kept, previous=blocks)
        if trials.count + len(blocks) > MAX_TRIALS:
            on_progress(f"{len(blocks)} blocks are too many to measure one by one: all of them stay in float")
            break
        ranked = _rank(blocks, trials, kept=kept, costs=layers, on_progress=on_progress)
        sensitivities = sensitivities or tuple(ranked)
        ordered = [frozenset(each.layers) for each in ranked]
        found, error = _fewest(ordered, trials, max_error=max_abs_rel_error, known=error)
        kept = tuple(name for name in kept if name in found)
    kept, error = _quantize_costly(kept, trials, costs=layers, max_error=max_abs_rel_error, known=error)
    on_progress(f"{len(kept)} of {len(layers)} layers stay in float ({_listed(kept)}); abs_rel error {error:.2%}")
    return SearchResult(kept=kept, abs_rel_error=error, sensitivities=sensitivities, trials=trials.count)


def blocks_of(layers: Sequence[str], *, most: int = MAX_BLOCKS) -> dict[str, tuple[str, ...]]:
    """Layers grouped by the longest common prefixes of their dotted names that give at most ``most`` groups."""
    depth = 1
    while len(_prefixes(layers, depth + 1)) <= most and any(name.count(".") >= depth for name in layers):
        depth += 1
    grouped = {
        prefix: tuple(name for name in layers if _prefix(name, depth) == prefix) for prefix in _prefixes(layers, depth)
    }
    if 1 < len(grouped) <= most or len(layers) == 1:
        return grouped
    step = -(-len(layers) // most)  # the names give one group, or too many: group neighbours
    return {f"{layers[at]} ...": tuple(layers[at : at + step]) for at in range(0, len(layers), step)}


class _Trials:
    """Measures errors, each set of layers once, and counts."""

    def __init__(self, measure: MeasureError, *, rank_by: MeasureError) -> None:
        self._measure, self._rank_by = measure, rank_by
        self._known: dict[tuple[MeasureError, frozenset[str]], float] = {}

    @property
    def count(self) -> int:
        return len(self._known)

    def error(self, kept: frozenset[str]) -> float:
        return self._once(self._measure, kept)

    def quick_error(self, kept: frozenset[str]) -> float:
        return self._once(self._rank_by, kept)

    def _once(self, measure: MeasureError, kept: frozenset[str]) -> float:
        if (measure, kept) not in self._known:
            self._known[measure, kept] = measure(kept)
        return self._known[measure, kept]


def _divide(layers: Sequence[str], *, previous: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Blocks of layers; single layers where that divides the previous blocks no further."""
    blocks = blocks_of(layers)
    return {name: (name,) for name in layers} if blocks.items() <= previous.items() else blocks


def _rank(
    blocks: dict[str, tuple[str, ...]],
    trials: _Trials,
    *,
    kept: Sequence[str],
    costs: Mapping[str, float],
    on_progress: OnProgress,
) -> list[Sensitivity]:
    """Quantizes one block at a time of the layers in float; the highest error relative to its cost first."""
    ranked, before = [], trials.quick_error(frozenset(kept))
    for number, (name, layers) in enumerate(blocks.items(), 1):
        error = trials.quick_error(frozenset(kept) - frozenset(layers)) - before
        cost = sum(costs[layer] for layer in layers)
        ranked.append(Sensitivity(name=name, layers=layers, abs_rel_error=error, cost=cost))
        on_progress(f"sensitivity {number}/{len(blocks)}: {name} in int8 adds {error:.2%}")
    return sorted(ranked, key=lambda each: -each.abs_rel_error / max(each.cost, 1))  # a cost may be unknown: 0


def _fewest(
    ranked: Sequence[frozenset[str]], trials: _Trials, *, max_error: float, known: float
) -> tuple[frozenset[str], float]:
    """The fewest blocks, from the front, that must stay in float, by bisection; with all of them: ``known``."""
    low, high, found = 0, len(ranked), known  # high always meets the target
    while low + 1 < high:
        middle = (low + high) // 2
        error = trials.error(_union(ranked[:middle]))
        if error <= max_error:
            high, found = middle, error
        else:
            low = middle
    return _union(ranked[:high]), found


def _quantize_costly(
    kept: tuple[str, ...], trials: _Trials, *, costs: Mapping[str, float], max_error: float, known: float
) -> tuple[tuple[str, ...], float]:
    """The float layers without those of high cost that may be quantized after all; the error before: ``known``."""
    error = known
    for name in sorted(kept, key=lambda name: -costs[name])[:LAST_TRIALS]:
        without = tuple(other for other in kept if other != name)
        tried = trials.error(frozenset(without))
        if tried <= max_error:
            kept, error = without, tried
    return kept, error


def _listed(layers: Sequence[str], *, most: int = 8) -> str:
    """The names, or the first of them."""
    return ", ".join([*layers[:most], *([f"and {len(layers) - most} more"] if len(layers) > most else [])])


def _union(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets)


def _prefix(name: str, depth: int) -> str:
    return ".".join(name.split(".")[:depth])


def _prefixes(layers: Sequence[str], depth: int) -> dict[str, None]:
    return dict.fromkeys(_prefix(name, depth) for name in layers)
