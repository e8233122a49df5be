"""NetAdapt (Yang et al. 2018), as FastDepth used it: remove until a measured budget holds, the cheapest loss first.

Every iteration takes the same part of the way to the budget. For each group of channels or heads it finds how many
must go for that (from a table of measured layers), tries that, and keeps the trial that changes depth least.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from hondo.compress.compressor import Compressor, Images, Step, Tools
from hondo.compress.kept import Compressed
from hondo.compress.pruning.choose import Choice, least_kept, rounded_kept
from hondo.compress.pruning.groups import find_groups
from hondo.compress.pruning.importance import by_l2
from hondo.compress.pruning.latency_table import LatencyTable, LayerShape, layer_shapes
from hondo.compress.pruning.removal import IN, OUT, Group, places_of
from hondo.compress.pruning.structured import has_layers, without
from hondo.compress.restructured import recorded
from hondo.core.errors import HondoError
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.packed_weights import stored_bytes

FORM = "a budget: a share of the latency (netadapt=0.5), milliseconds (netadapt=20ms) or the size of the weights (2MB)"
ITERATIONS, MORE = 8, 3  # to the budget; and as many times again a little, where the measurement is above it
MULTIPLE = 8  # channels
SCORED = 8  # images that trials are compared on
Cost = Callable[[Mapping[str, LayerShape]], float]


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What must hold: ``limit`` of ``unit`` "ms" or "MB", or a share of the latency."""

    limit: float
    unit: str


def netadapt(model: DepthModel, budget: Budget, *, iterations: int = ITERATIONS, tools: Tools) -> Compressed:
    """The model within ``budget``, or as near as it can come, which is said.

    Needs ``tools.images`` to compare trials, and ``tools.measure`` with ``tools.measure_layer`` for a latency.
    ``tools.retrain`` follows every iteration where it is given.
    """
    if not tools.images:
        raise HondoError("netadapt compares trials on images: give calibration images", field="calibration")
    is_size, table = budget.unit == "MB", None
    if not is_size:
        if tools.measure is None or tools.measure_layer is None:
            raise HondoError("netadapt measures: name the engine to measure on", field="bench")
        table = LatencyTable(tools.measure_layer, device=tools.device)
    measure = megabytes if tools.measure is None or is_size else tools.measure
    start = measure(model)
    limit = budget.limit * start if budget.unit == "" else budget.limit
    made, notes = model, []
    for _ in range(1 + MORE):
        now = measure(made)
        if now <= limit:
            break
        cost = shapes_megabytes if table is None else table.total
        made, is_stuck = _adapted(made, limit / now, iterations if made is model else 2, cost, model, tools)
        if table is not None:
            table.keep()
        if is_stuck:
            notes.append("no layer is emptied: nothing more could go")
            break
    end, unit = measure(made), "MB" if is_size else "ms"
    if end > limit:
        notes.append(f"the nearest to {limit:.3g} {unit} is {end:.3g} {unit}")
    where = f" on {tools.device}" if table is not None else ""
    return recorded(made, before=model, notes=(f"{start:.3g} to {end:.3g} {unit}{where}", *notes))


def _adapted(
    model: DepthModel, share: float, iterations: int, cost: Cost, parent: DepthModel, tools: Tools
) -> tuple[DepthModel, bool]:
    """The model at ``share`` of its cost by the table, and whether it could not go on."""
    start = cost(layer_shapes(model))
    for number in range(1, iterations + 1):
        allowed = start * (1 - (1 - share) * number / iterations)
        while (now := cost(layer_shapes(model))) > allowed:
            best = _best_trial(model, allowed, now, cost, parent, tools)
            if best is None:
                return model, True
            model = best
        if tools.retrain is not None:
            model = tools.retrain(recorded(model, before=parent).model)
        tools.on_progress(f"netadapt, {number} of {iterations}: {allowed / start:.0%} of the cost")
    return model, False


def _best_trial(
    model: DepthModel, allowed: float, now: float, cost: Cost, parent: DepthModel, tools: Tools
) -> DepthModel | None:
    """The trial with the least loss of those that the budget allows; None where nothing more can go.

    Where no group alone is enough: that with the least loss for what it saves.
    """
    groups, best, least = find_groups(model), None, (True, math.inf)
    for group in groups:
        trial = trial_of(model, group, groups, allowed, cost, tools)
        if trial is None or (saved := now - (after := cost(layer_shapes(trial)))) <= 0:
            continue
        is_short, loss = after > allowed, loss_of(trial, parent, tools)
        if (found := (is_short, loss / saved if is_short else loss)) <= least:
            best, least = trial, found
    return best


def trial_of(
    model: DepthModel, group: Group, groups: Sequence[Group], allowed: float, cost: Cost, tools: Tools
) -> DepthModel | None:
    """The model with as few parts of ``group`` less as the budget allows, or with all that may go; None: none may."""
    shapes, order = layer_shapes(model), by_l2(model, [group], tools)[group.name].argsort().tolist()
    least = least_kept(group, multiple=MULTIPLE)
    counts = sorted(
        {rounded_kept(group, kept, multiple=MULTIPLE) for kept in range(least, group.count)} - {group.count}
    )
    low, high = 0, len(counts) - 1  # the largest count that the budget allows
    found = 0
    while low <= high:
        middle = (low + high) // 2
        gone = tuple(order[: group.count - counts[middle]])
        if gone and cost(shapes_without(shapes, group, gone)) <= allowed:
            found, low = middle, middle + 1
        else:
            high = middle - 1
    if not counts:
        return None
    choice = Choice(parts={group.name: tuple(sorted(order[: group.count - counts[found]]))})
    return without(model, choice, groups, images_for_refit=tools.images[:SCORED])


def shapes_without(shapes: Mapping[str, LayerShape], group: Group, gone: Sequence[int]) -> dict[str, LayerShape]:
    """The shapes of the layers once parts of a group have gone."""
    changed = dict(shapes)
    for (path, side), places in places_of([group], {group.name: gone}).items():
        if (shape := changed.get(path)) is not None:
            if side == OUT or shape.is_depthwise:
                shape = replace(shape, outputs=shape.outputs - len(places))
            if side == IN or shape.is_depthwise:
                shape = replace(shape, inputs=shape.inputs - len(places))
            changed[path] = shape
    return changed


def loss_of(model: DepthModel, parent: DepthModel, tools: Tools) -> float:
    """The caller's loss, else the mean change of log depth against the parent, up to one factor an image."""
    images: Images = tools.images[:SCORED]
    with torch.no_grad():
        if tools.loss is not None:
            return float(sum(tools.loss(model, index) for index in range(len(images))))
        total = 0.0
        for image in images:
            change = model(image)[0].clamp(min=1e-6).log() - parent(image)[0].clamp(min=1e-6).log()
            total += float((change - change.median()).abs().mean())
    return total if math.isfinite(total) else math.inf


def megabytes(model: DepthModel) -> float:
    """Of the weights in a file."""
    return stored_bytes(model.state_dict(), model.packing) / 2**20


def shapes_megabytes(shapes: Mapping[str, LayerShape]) -> float:
    """Of the weights of these layers in float32."""
    return sum(
        4 * shape.outputs * (1 if shape.is_depthwise else shape.inputs) * math.prod(shape.kernel) / 2**20
        for shape in shapes.values()
    )


def _budget(step: Step) -> Budget:
    text, unit = step.value, ""
    for suffix in ("ms", "MB"):
        if text.endswith(suffix):
            text, unit = text.removesuffix(suffix), suffix
    try:
        limit = float(text)
    except ValueError:
        raise step.wrong(FORM) from None
    if not 0 < limit < (math.inf if unit else 1):
        raise step.wrong(FORM)
    return Budget(limit=limit, unit=unit)


NETADAPT = Compressor(
    summary="channels and heads go until a measured latency, or the size of the weights, holds (NetAdapt)",
    example="netadapt=20ms or netadapt=0.5 or netadapt=2MB",
    apply=lambda model, step: netadapt(
        model, _budget(step), iterations=step.count("iterations", FORM, default=ITERATIONS), tools=step.tools
    ),
    applies=has_layers,
    words=("iterations",),
)
