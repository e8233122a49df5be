"""Which variant wins, what was given up for what, and what a target that nobody meets would take."""

from collections.abc import Sequence

from hondo.recipes.fitting.fit_results import Result, Winner
from hondo.recipes.fitting.fit_target import FitTarget

EQUAL = 5e-4  # errors nearer than this are one: the faster wins


def ranked(results: Sequence[Result], target: FitTarget) -> list[Result]:
    """Those within the target, the most accurate first; where none is, all, the nearest to the target first."""
    within = [each for each in results if not missed(each, target)]
    if within:
        return sorted(within, key=lambda each: (round(each.error / EQUAL), each.latency_ms))
    return sorted(results, key=lambda each: distance(each, target))


def missed(result: Result, target: FitTarget) -> tuple[str, ...]:
    """Which limits a result misses."""
    return target.missed(latency_ms=result.latency_ms, file_mb=result.file_mb, memory_mb=result.memory_mb)


def distance(result: Result, target: FitTarget) -> float:
    """By what factor a result misses the limit that it misses most."""
    over = [result.latency_ms / target.milliseconds]
    over += [] if target.max_file_mb is None or result.file_mb is None else [result.file_mb / target.max_file_mb]
    return max(over)


def sentence(model: str, winner: Winner, first: Result, target: FitTarget, *, what: str) -> str:
    """What was given up for what, in one sentence."""
    result = winner.result
    fps = f"{min(result.fps, winner.again_fps):.1f} FPS in place of {first.fps:.1f}"
    if winner.missed:
        return (
            f"No variant of {model} meets {target} here: the nearest reachable, {result.label}, gives {fps} "
            f"({'; '.join(winner.missed)}); it would take {takes(winner, target)}."
        )
    if result.variant == first.variant and not result.tuned:
        return f"{model} meets {target} as it is: {winner.promised_fps:.1f} FPS at {result.label}; nothing is given up."
    changes = changed(result, first)
    if not winner.result.error - first.error > EQUAL:
        gained = first.error - result.error
        gains = f" and the error fell from {first.error:.3f} to {result.error:.3f}" if gained > EQUAL else ""
        return f"{model} meets {target} with {fps} by {changes}; no accuracy is given up{gains} ({what})."
    return f"{model} meets {target} with {fps} by {changes}; given up: {_accuracy(first, result)} ({what})."


def changed(result: Result, first: Result) -> str:
    """What differs from the model as it is, in words."""
    variant, before = result.variant, first.variant
    parts = []
    if variant.size_hw != before.size_hw:
        parts.append(
            f"an input of {variant.size_hw[0]}x{variant.size_hw[1]} in place of {before.size_hw[0]}x{before.size_hw[1]}"
        )
    if variant.runtime != before.runtime:
        parts.append(f"{variant.runtime} in place of {before.runtime}")
    if variant.steps:
        parts.append(variant.steps.replace(" | ", ", "))
    if result.tuned:
        parts.append(f"{result.tuned} fine-tuning")
    return ", ".join(parts)


def _accuracy(first: Result, result: Result) -> str:
    if first.error < 1e-9:
        return f"depth that differs by {100 * result.error:.1f} % from the model's as it is"
    return f"an error of {result.error:.3f} in place of {first.error:.3f}"


def takes(winner: Winner, target: FitTarget) -> str:
    """What would have to change for the target to be met."""
    found, result = [], winner.result
    if 1000 / target.fps < result.latency_ms or winner.promised_fps < target.fps:
        factor = target.fps / min(winner.promised_fps, result.fps)
        gmacs = result.gmacs / factor
        found.append(
            f"a device {factor:.1f} times as fast, or a model of about {gmacs:.2g} GMAC ({result.gmacs:.2g} here)"
        )
    if any("file" in each for each in winner.missed):
        found.append(f"fewer than the {result.parameters / 1e6:.1f} M parameters of this variant")
    if any("memory" in each for each in winner.missed):
        found.append("a process that holds less memory")
    return ", and ".join(found) or "other limits"
