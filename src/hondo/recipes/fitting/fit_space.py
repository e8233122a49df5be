"""The variants of a model that a search may choose from: sizes, engines with their precisions, steps of compression."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from hondo.compress.registry import COMPRESSORS
from hondo.compress.surgery.rebuilt import is_dpt, is_dpt_on_vit, vit_of
from hondo.core.errors import HondoError
from hondo.core.types import Size
from hondo.engines.autoselect import candidates
from hondo.engines.base.engine import EXACT, INT8_DYNAMIC, INT8_STATIC, INT8_WEIGHTS, Use
from hondo.engines.registry import ENGINES
from hondo.models.base.depth_model import DepthModel
from hondo.recipes.fitting.fit_results import Variant
from hondo.recipes.fitting.fit_target import FitTarget

AREAS = (1.0, 0.75, 0.55, 0.4, 0.28, 0.2)  # of the network's input, as shares of the full one
SMALLEST_PX = 64
PRECISIONS = (EXACT, "bf16", "fp16", INT8_STATIC, INT8_WEIGHTS, INT8_DYNAMIC)
FREE = ("hooks", "heads")  # dimensions that may be changed without training afterwards
PRUNED = (0.2, 0.4, 0.6)  # shares of channels that pruning removes


@dataclass(frozen=True, kw_only=True)
class Space:
    """The levels of each dimension, those of the model as it is first. A level of ``changes`` is a step's text."""

    sizes: tuple[Size, ...]
    runtimes: tuple[tuple[str, str], ...]  # engine, precision
    changes: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def first(self) -> Variant:
        """The model as it is."""
        (engine, precision), size_hw = self.runtimes[0], self.sizes[0]
        return Variant(size_hw=size_hw, engine=engine, precision=precision)

    def variant(self, size_hw: Size, runtime: tuple[str, str], changes: dict[str, str]) -> Variant:
        """One combination."""
        steps = " | ".join(changes[name] for name in self.changes if changes.get(name))
        return Variant(size_hw=size_hw, engine=runtime[0], precision=runtime[1], steps=steps)

    def one_by_one(self) -> list[Variant]:
        """The model as it is, then each other level alone: precisions of the first engine, sizes, steps, other engines;
        int8 with images last, since it takes longest."""
        size_hw, runtime = self.sizes[0], self.runtimes[0]
        others = [each for each in self.runtimes[1:] if each[1] != INT8_STATIC]
        others.sort(key=lambda each: each[0] != runtime[0])
        near = sum(engine == runtime[0] for engine, _ in others)
        found = [self.variant(size_hw, other, {}) for other in (runtime, *others[:near])]
        found += [self.variant(other, runtime, {}) for other in self.sizes[1:]]
        found += [self.variant(size_hw, runtime, {name: level}) for name, levels in self.changes.items()
                  for level in levels[1:]]  # fmt: skip
        others = [*others[near:], *(each for each in self.runtimes if each[1] == INT8_STATIC)]
        return found + [self.variant(size_hw, other, {}) for other in others]

    @property
    def count(self) -> int:
        """All combinations."""
        total = len(self.sizes) * len(self.runtimes)
        for levels in self.changes.values():
            total *= len(levels)
        return total

    def everything(self) -> list[Variant]:
        """All combinations, where they are few."""
        names = list(self.changes)
        return [
            self.variant(size_hw, runtime, dict(zip(names, levels, strict=True)))
            for size_hw in self.sizes
            for runtime in self.runtimes
            for levels in itertools.product(*self.changes.values())
        ]


def space_of(model: DepthModel, target: FitTarget, *, trains: bool) -> Space:
    """What may be varied of ``model``; ``trains``: also what needs training afterwards."""
    size_hw = target.size_hw or model.input_spec.size_hw
    sizes = (size_hw,) if "size" in target.keep or model.input_spec.fixed else smaller_sizes(model, size_hw)
    changes = {}
    for name, levels_of in CHANGES.items():
        if name in COMPRESSORS and name not in target.keep and (trains or name in FREE):
            levels = levels_of(model) if COMPRESSORS[name].applies(model) else ()
            if levels:
                changes[name] = ("", *(f"{name}={level}" for level in levels))
    return Space(sizes=sizes, runtimes=runtimes_of(target), changes=changes)


def smaller_sizes(model: DepthModel, size_hw: Size) -> tuple[Size, ...]:
    """``size_hw`` and smaller ones of about its aspect, in multiples of the model's step."""
    step, (height, width) = model.input_spec.multiple_of, size_hw
    found = [size_hw]
    for area in AREAS[1:]:
        sides = (max(step, round(side * area**0.5 / step) * step) for side in (height, width))
        rows, columns = sides
        if min(rows, columns) >= SMALLEST_PX and rows * columns < found[-1][0] * found[-1][1]:
            found.append((rows, columns))
    return tuple(found)


def runtimes_of(target: FitTarget) -> tuple[tuple[str, str], ...]:
    """Engines here with the precisions of their files, the likely fastest engine in float32 first."""
    found = []
    engines = candidates(target.device, precision=EXACT)
    for name in engines if "engine" not in target.keep else engines[:1]:
        engine = ENGINES[name]
        for precision in (EXACT,) if "precision" in target.keep else PRECISIONS:
            exported = Use(precision=precision, exports=True, has_images=precision == INT8_STATIC)
            run = Use(precision=precision, device=target.device, has_images=precision == INT8_STATIC)
            runs = precision == INT8_STATIC or not engine.refusal(run)
            if runs and not engine.refusal(exported):
                found.append((name, precision))
    if not found:
        raise HondoError(f"no engine here exports for device '{target.device}'", field="device")
    return tuple(found)


def earlier_hooks(model: DepthModel) -> tuple[str, ...]:
    """Hooks of the same number at earlier blocks: the last one at three quarters, half and a quarter of the depth."""
    encoder = vit_of(model)
    count, last = len(encoder.hooks), encoder.hooks[-1]
    found = []
    for share in (0.75, 0.5, 0.25, 0.0):
        end = max(count - 1, round(share * last))
        hooks = [max(place, round(hook * end / last)) for place, hook in enumerate(encoder.hooks)]
        hooks = tuple(min(hook, end - (count - 1 - place)) for place, hook in enumerate(hooks))
        text = ",".join(map(str, hooks))
        if hooks != tuple(encoder.hooks) and text not in found and sorted(set(hooks)) == list(hooks):
            found.append(text)
    return tuple(found)


def fewer_heads(model: DepthModel) -> tuple[str, ...]:
    """Half and a quarter of the heads, the most important ones by their weights."""
    heads = int(model.options.get("num_heads") or 0)
    counts = [heads // divisor for divisor in (2, 4) if heads >= divisor and heads % divisor == 0]
    return tuple(f"{count}:norm" for count in counts if count)


CHANGES: dict[str, Callable[[DepthModel], tuple[str, ...]]] = {
    "encoder": lambda model: ("mobilenetv4_conv_small",) if is_dpt_on_vit(model) else (),
    "hooks": earlier_hooks,
    "heads": fewer_heads,
    "attention": lambda model: ("linear",) if model.options.get("attention") == "softmax" else (),
    "width": lambda model: ("0.5", "0.25") if is_dpt(model) else (),
    "decoder": lambda model: ("separable",) if is_dpt(model) else (),
    "prune": lambda model: tuple(f"l1:{share:g}" for share in PRUNED),
}
