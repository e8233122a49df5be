"""Structured pruning: channels, hidden channels and heads go, and the tensors with them."""

from collections.abc import Sequence

from torch import nn

from hondo.compress.compressor import Compressor, Step, Tools
from hondo.compress.kept import Compressed
from hondo.compress.pruning.choose import MULTIPLE, Choice, choose
from hondo.compress.pruning.costs import layer_costs, macs_of_a_part, macs_without
from hondo.compress.pruning.groups import find_groups
from hondo.compress.pruning.importance import CRITERIA, score_groups
from hondo.compress.pruning.refit import refitted
from hondo.compress.pruning.removal import Group, removed
from hondo.compress.restructured import recorded
from hondo.core.errors import HondoError, unknown
from hondo.models.base.depth_model import DepthModel
from hondo.models.base.macs import count_macs

FORM = (
    "a criterion and the share of multiply-accumulates that goes, e.g. prune=taylor:0.4; then layer (the same share of "
    "every layer), rounds=3 (with training in between), multiple=16, norefit"
)


def prune(
    model: DepthModel,
    share: float,
    *,
    by: str = "l2",
    per_layer: bool = False,
    rounds: int = 1,
    multiple: int = MULTIPLE,
    refit: bool = True,
    tools: Tools | None = None,
) -> Compressed:
    """Without ``share`` of its multiply-accumulates: the least important channels and heads by a name of CRITERIA go.

    ``per_layer``: every layer loses the same share of its channels. ``rounds``: the share is reached in so many steps,
    each followed by ``tools.retrain``. ``multiple``: of channels that stay. ``refit``: layers take what they read in
    removed channels from the others, by least squares on ``tools.images``, where there are some.
    """
    tools = tools or Tools()
    made, start, notes = model, layer_total(model), []
    for number in range(1, rounds + 1):
        groups = find_groups(made)
        if not groups:
            raise HondoError(f"model '{model.name}' has no channels or heads that can go")
        choice = chosen(made, groups, target=start * (1 - share * number / rounds), by=by, per_layer=per_layer,
                        multiple=multiple, tools=tools)  # fmt: skip
        notes = [_capped(choice)] if choice.capped else []
        made = without(made, choice, groups, images_for_refit=tools.images if refit else ())
        if tools.retrain is not None and rounds > 1:
            made = recorded(made, before=model).model
            made = tools.retrain(made)
            tools.on_progress(f"prune, round {number} of {rounds}: {count_macs(made) / 1e9:.2f} GMAC")
    left = layer_total(made) / start
    if left > 1 - share + 0.01:
        notes.append(f"{1 - left:.0%} of the multiply-accumulates could go, {share:.0%} were asked for")
    return recorded(made, before=model, notes=(f"{1 - left:.0%} fewer multiply-accumulates by {by}", *notes))


def layer_total(model: DepthModel) -> float:
    """Multiply-accumulates of its layers."""
    return sum(cost.macs for cost in layer_costs(model).values())


def chosen(
    model: DepthModel, groups: Sequence[Group], *, target: float, by: str, per_layer: bool, multiple: int, tools: Tools
) -> Choice:
    """The parts without which the layers need ``target`` multiply-accumulates; losses are weighed against savings."""
    scores, costs = score_groups(model, groups, by=by, tools=tools), layer_costs(model)
    if CRITERIA[by].is_loss and not per_layer:
        scores = {group.name: scores[group.name] / max(1.0, macs_of_a_part(costs, group)) for group in groups}
    return choose(
        groups, scores, cost=lambda parts: macs_without(costs, groups, parts), target=target, per_group=per_layer,
        multiple=multiple,
    )  # fmt: skip


def without(model: DepthModel, choice: Choice, groups: Sequence[Group], *, images_for_refit: Sequence) -> DepthModel:
    """The model without the chosen parts, and with what reads them refitted."""
    if images_for_refit:
        model = refitted(model, choice.parts, groups, images_for_refit)
    return removed(model, choice.parts, groups)


def _capped(choice: Choice) -> str:
    names = ", ".join(name.removeprefix("network.") for name in choice.capped[:3])
    more = f" and {len(choice.capped) - 3} more" if len(choice.capped) > 3 else ""
    return f"no layer is emptied: {names}{more} kept the least that they may"


def share_of(step: Step, form: str) -> float:
    """The number of the step, a share between 0 and 1."""
    share = step.number(form)
    if share is None or not 0 < share < 1:
        raise step.wrong(form)
    return share


def _apply(model: DepthModel, step: Step) -> Compressed:
    if step.value not in CRITERIA:
        raise unknown("pruning criterion", step.value, CRITERIA)
    return prune(
        model, share_of(step, FORM), by=step.value, per_layer=step.setting("layer") is not None,
        rounds=step.count("rounds", FORM, default=1), multiple=step.count("multiple", FORM, default=MULTIPLE),
        refit=step.setting("norefit") is None, tools=step.tools,
    )  # fmt: skip


def has_layers(model: DepthModel) -> bool:
    """Whether one layer may write what another reads; which channels can go is only known once they are traced.

    Not of models that look at earlier frames: a trace of one image does not show who reads theirs.
    """
    return model.num_previous == 0 and sum(isinstance(each, nn.Conv2d | nn.Linear) for each in model.modules()) > 1


PRUNE = Compressor(
    summary=f"fewer channels and heads, this share of the multiply-accumulates; by {', '.join(CRITERIA)}",
    example="prune=taylor:0.4 or prune=l2:0.5:layer",
    apply=_apply,
    applies=has_layers,
    words=("layer", "rounds", "multiple", "norefit"),
    takes_number=True,
)
