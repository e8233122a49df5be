"""The report of a search: table and sentence (Markdown, JSON), the Pareto plot as PNG and as a page to look into."""

import json
from dataclasses import asdict
from pathlib import Path

from hondo.core.atomic import atomic_write
from hondo.core.report import Report, Row
from hondo.images.formats.figure_file import save_figure, style
from hondo.recipes.fitting.fit_choice import ranked
from hondo.recipes.fitting.fit_results import Result, ResultLog, Winner
from hondo.recipes.fitting.fit_target import FitTarget, pareto_front
from hondo.recipes.fitting.pareto_page import pareto_page

MOST_LABELS = 7  # on the plot


def write_fit_report(
    name: str, target: FitTarget, log: ResultLog, first: Result, winner: Winner | None, *, folder: Path, text: str,
    what: str,
) -> Path:  # fmt: skip
    """Writes report.md, report.json, fit_result.json, pareto.png and pareto.html; returns report.md."""
    results = shown(log.valid, winner)
    report = fit_report(name, target, results, first, winner, text=text, what=what, failed=log.failed)
    atomic_write(folder / "report.json", report.to_json().encode())
    if winner is not None:
        stored = asdict(winner) | {"path": winner.path.name, "sentence": text, "target": asdict(target)}
        atomic_write(folder / "fit_result.json", json.dumps(stored, indent=1, default=str).encode())
    best = None if winner is None else winner.result
    figure = draw_fit(results, target, best, folder, what=what)
    page = pareto_page(name, target, results, best, what=what, text=text)
    atomic_write(folder / "pareto.html", page.encode())
    lines = [
        report.to_markdown(),
        f"![accuracy against latency]({figure.name})\n",
        "The same to look into: pareto.html",
    ]
    return atomic_write(folder / "report.md", "\n".join(lines).encode())


def shown(results: list[Result], winner: Winner | None) -> list[Result]:
    """The results, that of the winner as its file was measured."""
    if winner is None:
        return results
    won = winner.result
    return [won if (each.variant, each.tuned) == (won.variant, won.tuned) else each for each in results]


def fit_report(
    name: str, target: FitTarget, results: list[Result], first: Result, winner: Winner | None, *, text: str,
    what: str, failed: list[Result],
) -> Report:  # fmt: skip
    """One row of numbers for each variant, the best first; the front and the winner are marked."""
    front = {id(results[index]) for index in pareto_front([(each.latency_ms, each.error) for each in results])}
    rows = []
    for each in ranked(results, target) + [each for each in results if each not in ranked(results, target)]:
        is_winner = winner is not None and each == winner.result
        mark = "**" if is_winner else ""
        subject = f"{mark}{each.label}{mark}" + (" (front)" if id(each) in front else "")
        rows += [
            Row(name="FPS", value=each.fps, unit="1/s", better="higher", subject=subject),
            Row(name="latency", value=each.latency_ms, unit="ms", better="lower", subject=subject),
            Row(name="error", value=each.error, better="lower", subject=subject),
            Row(name="MACs", value=each.gmacs, unit="G", better="lower", subject=subject),
            Row(name="parameters", value=each.parameters / 1e6, unit="M", better="lower", subject=subject),
        ]
        rows += [] if each.file_mb is None else [Row(name="file", value=each.file_mb, unit="MB", better="lower",
                                                     subject=subject)]  # fmt: skip
        rows += [] if each.memory_mb is None else [Row(name="memory", value=each.memory_mb, unit="MB",
                                                       better="lower", subject=subject)]  # fmt: skip
    notes = [text] if text else ["the search was stopped; the same command goes on"]
    if winner is not None:
        notes.append(f"promised: {winner.promised_fps:.1f} FPS; measured again: {winner.again_fps:.1f} FPS")
        notes += [f"latency is uncertain: {doubt}" for doubt in dict.fromkeys(winner.result.doubts)]
    notes += [f"target: {target}; error: {what}; FPS: the end-to-end call of one image, to its map at its size",
              "in the table, a file's size is that of its weights, but for the winner's"]  # fmt: skip
    notes += [f"failed: {each.label}: {each.failed}" for each in failed[:10]]
    return Report(title=f"{name} fitted to {target}", rows=tuple(rows), notes=tuple(notes))


def draw_fit(results: list[Result], target: FitTarget, best: Result | None, folder: Path, *, what: str) -> Path:
    """Error against measured milliseconds: the front as steps, the target as a line, the winner as a star."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.6), layout="constrained")
    axis = figure.subplots()
    for index, runtime in enumerate(dict.fromkeys(each.variant.runtime for each in results)):
        colour, marker = style(index)
        mine = [each for each in results if each.variant.runtime == runtime]
        axis.scatter([each.latency_ms for each in mine], [each.error for each in mine], s=22, color=colour,
                     marker=marker, label=runtime, alpha=0.8)  # fmt: skip
    front = [results[index] for index in pareto_front([(each.latency_ms, each.error) for each in results])]
    axis.plot([each.latency_ms for each in front], [each.error for each in front], drawstyle="steps-post",
              color="#333333", linewidth=1)  # fmt: skip
    axis.axvline(target.milliseconds, color="#999999", linestyle="--", linewidth=1)
    axis.annotate(f"{target.fps:g} FPS", (target.milliseconds, 0), xycoords=("data", "axes fraction"), fontsize=8,
                  xytext=(3, 4), textcoords="offset points", color="#666666")  # fmt: skip
    if best is not None:
        axis.scatter([best.latency_ms], [best.error], marker="*", s=180, color="none", edgecolor="#000000", zorder=3)
    for each in front[:: max(1, len(front) // MOST_LABELS)]:
        axis.annotate(each.label, (each.latency_ms, each.error), xytext=(4, 4), textcoords="offset points", fontsize=6)
    axis.set_xscale("log")
    for ticks in (axis.xaxis.set_major_formatter, axis.xaxis.set_minor_formatter):
        ticks("{x:g}")
    axis.set_xlabel("end-to-end latency [ms] (lower is better)")
    axis.set_ylabel(f"{what} (lower is better)")
    axis.legend(fontsize=7)
    axis.grid(alpha=0.3)
    return save_figure(figure, folder, "pareto")
