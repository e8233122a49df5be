"""Which layers must stay in higher precision: measured one at a time, then the worst are kept until a target holds.

Nothing here knows an engine. It gives sets of layer names to ``drop_of``, which builds the model with these kept in
higher precision and the others quantised, and answers how far that is from the full model.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from hondo.core.errors import HondoError

MAX_BLOCKS = 24  # groups that are swapped one at a time; only those that must be kept are looked at more closely
MAX_TRIALS = 192  # a network of which so much must be kept gains little by a longer search
SECOND_LOOKS = 16  # kept layers with the most work that are tried once more in the end
MAX_DROP = 0.01  # relative abs_rel of the depth to the full model's

# Relative error of the model with these layers in higher precision and all others quantised.
DropOf = Callable[[frozenset[str]], float]
Told = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What quantising these layers alone costs, and the work that it makes cheaper; ``layers`` are those of the block
    ``name``, or one."""

    name: str
    layers: tuple[str, ...]
    drop: float
    work: float


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The layers that stay in higher precision, what each part cost (the worst first), and the drop that is left."""

    kept: tuple[str, ...]
    drop: float
    costs: tuple[Cost, ...] = ()
    trials: int = 1

    def __str__(self) -> str:
        if not self.kept:
            return f"all layers in int8: drop {self.drop:.2%}"
        return f"{len(self.kept)} layers kept in higher precision: drop {self.drop:.2%}"


def choose_kept(
    layers: Mapping[str, float],
    drop_of: DropOf,
    *,
    max_drop: float = MAX_DROP,
    quick_drop_of: DropOf | None = None,
    on_progress: Told = lambda line: None,
) -> Choice:
    """The layers, found by their sensitivity, that must be kept so that the drop is at most ``max_drop``.

    ``layers`` say how much work int8 makes cheaper in each. Each block of them is quantised alone and ranked by what
    that costs for its work; the worst are kept, as few as bisection finds. The kept layers are then divided into finer
    blocks, each of which is put back alone, and so on down to single layers. In the end those with the most work are
    put back one after the other, as far as the target holds: what they cost together differs from what each costs
    alone. ``quick_drop_of`` (default: ``drop_of``) only ranks, so it may look at fewer images.
    """
    trial = _Trials(drop_of, quick=quick_drop_of or drop_of)
    everything = frozenset(layers)
    drop = trial.drop(frozenset())
    if drop <= max_drop:
        return Choice(kept=(), drop=drop, trials=trial.count)
    on_progress(
        f"all {len(layers)} layers in int8: drop {drop:.2%}, allowed {max_drop:.2%}; measuring their sensitivity"
    )
    least = trial.drop(everything)
    if least > max_drop:
        raise HondoError(
            f"even with no layer in int8 the drop is {least:.2%}, more than max_drop {max_drop:.2%}; allow more",
            field="max_drop",
        )
    kept, drop, blocks, costs = tuple(layers), least, {"all": tuple(layers)}, ()
    while any(len(block) > 1 for block in blocks.values()):
        blocks = _finer(kept, than=blocks)
        if trial.count + len(blocks) > MAX_TRIALS:
            on_progress(f"{len(blocks)} blocks are too many to look at one by one: all of them are kept")
            break
        ranked = _costs(blocks, trial, kept=kept, work=layers, on_progress=on_progress)
        costs = costs or tuple(ranked)
        found, drop = _fewest([frozenset(cost.layers) for cost in ranked], trial, max_drop=max_drop, known=drop)
        kept = tuple(name for name in kept if name in found)
    kept, drop = _without_needless(kept, trial, work=layers, max_drop=max_drop, known=drop)
    on_progress(f"kept in higher precision: {len(kept)} of {len(layers)} layers ({_named(kept)}); drop {drop:.2%}")
    return Choice(kept=kept, drop=drop, costs=costs, trials=trial.count)


def blocks_of(layers: Sequence[str], *, most: int = MAX_BLOCKS) -> dict[str, tuple[str, ...]]:
    """Layers by the longest common beginnings of their dotted names that make at most ``most`` groups, in order."""
    depth = 1
    while len(_prefixes(layers, depth + 1)) <= most and any(name.count(".") >= depth for name in layers):
        depth += 1
    grouped = {
        prefix: tuple(name for name in layers if _prefix(name, depth) == prefix) for prefix in _prefixes(layers, depth)
    }
    if 1 < len(grouped) <= most or len(layers) == 1:
        return grouped
    step = -(-len(layers) // most)  # names that divide them into one or too many: neighbours
    return {f"{layers[at]} ...": tuple(layers[at : at + step]) for at in range(0, len(layers), step)}


class _Trials:
    """Asks for drops, never twice for one set, and counts."""

    def __init__(self, drop_of: DropOf, *, quick: DropOf) -> None:
        self._ask = {"full": drop_of, "quick": quick}
        self._known: dict[tuple[int, frozenset[str]], float] = {}
        self.count = 0

    def drop(self, kept: frozenset[str]) -> float:
        return self._drop("full", kept)

    def quick(self, kept: frozenset[str]) -> float:
        return self._drop("quick", kept)

    def _drop(self, how: str, kept: frozenset[str]) -> float:
        key = (id(self._ask[how]), kept)
        if key not in self._known:
            self._known[key] = self._ask[how](kept)
            self.count += 1
        return self._known[key]


def _finer(layers: Sequence[str], *, than: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Blocks of layers; single ones where that divides nothing further."""
    blocks = blocks_of(layers)
    return {name: (name,) for name in layers} if blocks.items() <= than.items() else blocks


def _costs(
    blocks: dict[str, tuple[str, ...]],
    trial: _Trials,
    *,
    kept: Sequence[str],
    work: Mapping[str, float],
    on_progress: Told,
) -> list[Cost]:
    """What it costs to quantise one block of the layers that are kept so far, the dearest for its work first."""
    costs, before = [], trial.quick(frozenset(kept))
    for number, (name, layers) in enumerate(blocks.items(), 1):
        drop = trial.quick(frozenset(kept) - frozenset(layers)) - before
        costs.append(Cost(name=name, layers=layers, drop=drop, work=sum(work[layer] for layer in layers)))
        on_progress(f"sensitivity {number}/{len(blocks)}: {name} in int8 costs {drop:.2%}")
    return sorted(costs, key=lambda cost: -cost.drop / max(cost.work, 1))  # a graph may not tell all its shapes


def _fewest(
    worst: Sequence[frozenset[str]], trial: _Trials, *, max_drop: float, known: float
) -> tuple[frozenset[str], float]:
    """The shortest beginning of ``worst`` whose union meets the target, by bisection; all of them do: ``known``."""
    low, high, found = 0, len(worst), known  # high is always one that meets it
    while low + 1 < high:
        middle = (low + high) // 2
        drop = trial.drop(_union(worst[:middle]))
        if drop <= max_drop:
            high, found = middle, drop
        else:
            low = middle
    return _union(worst[:high]), found


def _without_needless(
    kept: tuple[str, ...], trial: _Trials, *, work: Mapping[str, float], max_drop: float, known: float
) -> tuple[tuple[str, ...], float]:
    """The kept layers less those with much work that the target does not need; the drop with all of them: ``known``."""
    drop = known
    for name in sorted(kept, key=lambda name: -work[name])[:SECOND_LOOKS]:
        without = tuple(other for other in kept if other != name)
        tried = trial.drop(frozenset(without))
        if tried <= max_drop:
            kept, drop = without, tried
    return kept, drop


def _named(layers: Sequence[str], *, most: int = 8) -> str:
    """Their names, or the first of them."""
    return ", ".join([*layers[:most], *([f"and {len(layers) - most} more"] if len(layers) > most else [])])


def _union(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets)


def _prefix(name: str, depth: int) -> str:
    return ".".join(name.split(".")[:depth])


def _prefixes(layers: Sequence[str], depth: int) -> dict[str, None]:
    return dict.fromkeys(_prefix(name, depth) for name in layers)
