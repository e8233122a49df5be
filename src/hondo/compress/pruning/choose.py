"""Chooses the parts that go, so that a budget holds: the least important of the network, or of each group alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from hondo.compress.pruning.removal import Group

LEAST_KEPT = 0.1  # of the parts of a group: it is never emptied, nor all but emptied
MULTIPLE = 8  # channels that stay, where a group has at least twice as many: CPUs compute them in blocks
STEPS = 24  # of the bisection of a budget
Scores = Mapping[str, Float[Tensor, " parts"]]
Parts = dict[str, tuple[int, ...]]  # that go, by the name of their group
Cost = Callable[[Mapping[str, Sequence[int]]], float]  # without these parts


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Parts that go, and the groups that were to lose more than they may."""

    parts: Parts
    capped: tuple[str, ...] = ()


def choose(
    groups: Sequence[Group], scores: Scores, *, cost: Cost, target: float, per_group: bool, multiple: int = MULTIPLE
) -> Choice:
    """The fewest of the least important parts without which ``cost`` is at most ``target``.

    ``per_group``: the same share of every group. Else what is least important in the network. Groups keep LEAST_KEPT of
    their parts, and a multiple of ``multiple``; if ``target`` is out of reach, the choice is the most that may go.
    """
    order = {group.name: scores[group.name].argsort(stable=True).tolist() for group in groups}
    ranks = torch.cat([scores[group.name] for group in groups]).argsort(stable=True).argsort()
    rank_of = dict(zip(order, ranks.split([group.count for group in groups]), strict=True))

    def at(level: float) -> Choice:
        if per_group:
            counts = {group.name: round(level * group.count) for group in groups}
        else:
            counts = {name: int((each < level * len(ranks)).sum()) for name, each in rank_of.items()}
        return _rounded(groups, counts, order, multiple=multiple)

    low, high = 0.0, 1.0
    if cost(at(high).parts) > target:
        return at(high)
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if cost(at(middle).parts) <= target else (middle, high)
    return at(high)


def _rounded(
    groups: Sequence[Group], counts: Mapping[str, int], order: Mapping[str, list[int]], *, multiple: int
) -> Choice:
    """The first of the order of each group, as many as asked that leave enough of them, in whole multiples."""
    parts, capped = {}, []
    for group in groups:
        least, asked = least_kept(group, multiple=multiple), group.count - counts[group.name]
        kept = rounded_kept(group, max(asked, least), multiple=multiple)
        if asked < least:
            capped.append(group.name)
        if kept < group.count:
            parts[group.name] = tuple(sorted(order[group.name][: group.count - kept]))
    return Choice(parts=parts, capped=tuple(capped))


def least_kept(group: Group, *, multiple: int = MULTIPLE) -> int:
    """The fewest parts that a group may be left with."""
    return rounded_kept(group, max(1, round(LEAST_KEPT * group.count)), multiple=multiple)


def rounded_kept(group: Group, kept: int, *, multiple: int) -> int:
    """``kept`` in whole multiples (upwards), where the group is wide enough and its parts are channels."""
    if group.heads_of is not None or group.count < 2 * multiple:
        return kept
    return min(group.count, -(-kept // multiple) * multiple)
