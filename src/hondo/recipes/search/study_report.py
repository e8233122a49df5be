"""The report of a study: report.md, report.json and report.html with its tables, and its figures."""

import base64
import html
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from hondo.core.atomic import atomic_write
from hondo.core.report import Report, Row, markdown_table
from hondo.evaluate.figures import draw_study
from hondo.evaluate.figures.draw_study import Measured
from hondo.evaluate.speed.noise import WAITED
from hondo.metrics.depth_metrics import METRICS
from hondo.recipes.search.main_effects import finished, main_effects, pareto, speed_number
from hondo.recipes.search.search_space import Claim, Factor, Study
from hondo.recipes.search.trial_log import Outcome

FIGURES, EFFECTS = "figures", "mean_effects"  # of the speed
MAX_CURVES = 8
REFRESH_S = 20  # of the page of a study that runs
FPS_LABELS = {"fps": "FPS", "fps_by_cpu": "FPS by processor time"}
# Results in tables: unit, and which way is better; of others neither is known.
SPEED_ROWS = {
    "latency_ms": ("ms", "lower"), "fps": ("1/s", "higher"), "fps_by_cpu": ("1/s", "higher"),
    "gmacs": ("G", "lower"), "parameters_m": ("M", "lower"),
    "size_mb": ("MB", "lower"),
}  # fmt: skip
TRAINING_ROWS = ("loss", "steps", "time", "images_per_s")


def write_report(study: Study, outcomes: Sequence[Outcome], folder: Path) -> Path:
    """Writes the files into ``folder``; returns report.md."""
    outcomes = in_order(study, outcomes)
    report = study_report(study, outcomes)
    tables = [replace(report, title=f"Mean {name} by factor", rows=effects_rows(outcomes, of=name)) for name in
              dict.fromkeys((speed_number(outcomes), _ranked_by(study, outcomes)))]  # fmt: skip
    if study.claims is not None:
        tables.append(replace(report, title="Published and here", rows=claims_rows(study.claims(outcomes))))
    tables = [table for table in tables if table.rows]
    sections = [(table.title, markdown_table(table.rows)) for table in tables]
    if failed := [f"- {outcome.name}: {outcome.error}" for outcome in outcomes if outcome.state == "failed"]:
        sections.append(("Failed trials", "\n".join(failed)))
    figures = draw_all(outcomes, folder / FIGURES, by=study.by) if report.rows else []
    figures += _curves(outcomes, folder)
    lines = [report.to_markdown(), *(f"### {title}\n\n{text}\n" for title, text in sections)]
    lines += [f"![{figure.stem}]({FIGURES}/{figure.name})\n" for figure in figures]
    for each in (report, *tables):
        name = (
            "report"
            if each is report
            else EFFECTS
            if each.title.startswith("Mean fps")
            else each.title.lower().replace(" ", "_")
        )
        atomic_write(folder / f"{name}.json", each.to_json().encode())
    atomic_write(folder / "report.html", _page(study.name, report, sections, figures).encode())
    return atomic_write(folder / "report.md", "\n".join(lines).encode())


class LivePage:
    """report.html while a study runs: its table without figures, in a page that loads itself again.

    It is written seldom enough to cost under 2 % of the study's time, however many trials there are.
    """

    def __init__(self, study: Study, folder: Path) -> None:
        self._study, self._path, self._next_s = study, folder / "report.html", 0.0

    def update(self, outcomes: Callable[[], Sequence[Outcome]], *, total: int) -> None:
        """Writes the page where it is due. ``outcomes`` is called then."""
        began = time.monotonic()
        if began < self._next_s:
            return
        known = outcomes()
        report = study_report(self._study, known)
        left = (f"{len(known)} of {total} trials have ended; this page loads itself again every {REFRESH_S} s",)
        text = _page(self._study.name, replace(report, notes=(*report.notes, *left)), [], [])
        reload = f"<!doctype html><meta http-equiv=refresh content={REFRESH_S}>"
        atomic_write(self._path, text.replace("<!doctype html>", reload, 1).encode())
        ended = time.monotonic()
        self._next_s = ended + max(REFRESH_S / 2, 50 * (ended - began))


def in_order(study: Study, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes as a grid lists them, whatever order they ran in: levels stand in tables as the study has them."""
    places = {
        factor.name: [level.label for level in factor.levels] for factor in study.factors if isinstance(factor, Factor)
    }

    def place(outcome: Outcome) -> tuple[int, ...]:
        levels = ((labels, outcome.factors.get(name)) for name, labels in places.items())
        return tuple(labels.index(level) if level in labels else len(labels) for labels, level in levels)

    return sorted(outcomes, key=place)


def study_report(study: Study, outcomes: Sequence[Outcome]) -> Report:
    """One row for each result of each finished trial, the best by ``study.by`` first."""
    done = [outcome for outcome in outcomes if outcome.state == "finished"]
    by, sign = _ranked_by(study, outcomes), -1 if study.by == "fps" else 1
    done.sort(key=lambda outcome: sign * outcome.results.get(by, sign * float("inf")))
    rows = []
    for outcome in done:
        rows += [_row(name, outcome) for name in (*SPEED_ROWS, *METRICS, *TRAINING_ROWS) if name in outcome.results]
    counts = {state: sum(one.state == state for one in outcomes) for state in ("finished", "failed", "pruned")}
    notes = [", ".join(f"{count} {state}" for state, count in counts.items() if count) or "no trial has ended yet"]
    if done:
        notes.append(f"the trials took {sum(outcome.seconds for outcome in done) / 60:.1f} min")
    if study.speed is not None:
        speed = study.speed
        notes.append(f"speed: {speed.engine}, {speed.threads} threads, the network alone, one image")
        waited = [outcome.results["waited"] for outcome in done if "waited" in outcome.results]
        if waited and (share := sum(waited) / len(waited)) > WAITED:
            notes.append(
                f"threads waited {share:.0%} of their time for a core, as others used the machine: latency and fps are "
                "not those of a quiet machine; compare fps_by_cpu (by processor time)"
            )
    machines = {outcome.hardware for outcome in done}
    if len(machines) > 1:
        notes.append(f"times come from different machines: {'; '.join(sorted(machines))}")
    protocol = study.recipe.evaluate.protocol if study.train and study.recipe.evaluate else ""
    return Report(title=f"Study {study.name}", rows=tuple(rows), protocol=protocol, notes=tuple(notes))


def _ranked_by(study: Study, outcomes: Sequence[Outcome]) -> str:
    return speed_number(outcomes) if study.by == "fps" else study.by


def _row(name: str, outcome: Outcome) -> Row:
    if name in METRICS:
        unit, better = METRICS[name].unit, METRICS[name].better
    else:
        unit, better = SPEED_ROWS.get(name, ("s" if name == "time" else "", None))
    return Row(name=name, value=outcome.results[name], unit=unit, better=better, subject=outcome.name)  # type: ignore[arg-type]


def effects_rows(outcomes: Sequence[Outcome], *, of: str) -> tuple[Row, ...]:
    """Every level of every factor: its mean result with its range, and the mean ratio to the factor's first level."""
    rows = []
    for one in main_effects(outcomes, of=of):
        numbers = {f"mean {of}": one.mean, "least": one.low, "most": one.high, "trials": one.count,
                   "ratio to the first level": one.ratio}  # fmt: skip
        subject = f"{one.factor}: {one.level.removeprefix(f'{one.factor} ')}"
        rows += [Row(name=name, value=value, subject=subject) for name, value in numbers.items() if value is not None]
    return tuple(rows)


def claims_rows(claims: Sequence[Claim]) -> tuple[Row, ...]:
    """What was published and asked for, and what came out."""
    rows = []
    for one in claims:
        verdict = "" if one.holds is None else "; holds" if one.holds else "; does not hold here"
        target = f", target {one.target}" if one.target else ""
        subject = f"{one.what} (published {one.published}{target}{verdict})"
        numbers = {"here": one.here, "by processor time": one.by_cpu}
        rows += [Row(name=name, value=value, subject=subject) for name, value in numbers.items() if value is not None]
    return tuple(rows)


def draw_all(outcomes: Sequence[Outcome], folder: Path, *, by: str) -> list[Path]:
    """The figures that these results allow, as PNG and SVG; returns the PNGs."""
    fps = speed_number(outcomes)
    timed, scored = _measured(outcomes, fps), _measured(outcomes, by)
    drawn = []
    if len(timed) > 1:
        drawn.append(draw_study.draw_by_factor(timed, fps, folder, label=FPS_LABELS[fps]))
        costs = {"gmacs": "multiply-accumulates [G]", "size_mb": "size of the weights [MB]"}
        drawn.append(
            draw_study.draw_by_configuration(
                draw_study.merged(_of_one_precision(timed), costs), costs, folder, name="cost"
            )
        )
        effects = [one for one in main_effects(outcomes, of=fps) if one.ratio is not None]
        first = {one.factor: one.level for one in reversed(effects)}
        ratios = [(one.factor, f"{first[one.factor]} → {one.level}", one.ratio) for one in effects if
                  one.level != first[one.factor] and one.ratio is not None]  # fmt: skip
        if ratios:
            drawn.append(draw_study.draw_ratios(ratios, folder, label="mean speed-up, all else equal", name="effects"))
    if by != "fps" and len(scored) > 1:
        errors = {name: name for name in (by, "silog") if all(name in point.numbers for point in scored)}
        drawn.append(draw_study.draw_by_configuration(scored, errors, folder, name="accuracy"))
        both = [point for point in scored if fps in point.numbers]
        if len(both) > 1:
            on_front = pareto([(-point.numbers[fps], point.numbers[by]) for point in both])
            labels = (f"{FPS_LABELS[fps]} (higher is better)", f"{by} (lower is better)")
            drawn.append(draw_study.draw_pareto(both, on_front, folder, x=fps, y=by, labels=labels))
    return drawn


def _of_one_precision(points: Sequence[Measured]) -> list[Measured]:
    """Those of the first precision: what another one costs follows from it."""
    return [point for point in points if point.factors.get("precision") == points[0].factors.get("precision")]


def _curves(outcomes: Sequence[Outcome], folder: Path) -> list[Path]:
    """Learning curves of trials that were trained, where they are few enough to tell apart."""
    from hondo.train.loggers.learning_curves import draw_curves
    from hondo.train.loggers.run_records import read_run

    names = {one.hash: one.name for one in outcomes if (folder / "runs" / one.hash / "metrics.jsonl").is_file()}
    if not 0 < len(names) <= MAX_CURVES:
        return []
    runs = [replace(read_run(folder / "runs" / each), label=name) for each, name in names.items()]
    return [draw_curves(runs, folder / FIGURES)]


def _measured(outcomes: Sequence[Outcome], number: str) -> list[Measured]:
    return [
        Measured(factors={name: str(level) for name, level in one.factors.items()}, numbers=one.results)
        for one in finished(outcomes, having=number)
    ]


def _page(name: str, report: Report, sections: Sequence[tuple[str, str]], figures: Sequence[Path]) -> str:
    """One HTML file that needs no other."""
    parts = [f"<!doctype html><meta charset=utf-8><title>Study {html.escape(name)}</title><style>{STYLE}</style>"]
    parts.append(_as_html(report.to_markdown()))
    parts += [f"<h3>{html.escape(title)}</h3>{_as_html(text)}" for title, text in sections]
    for figure in figures:
        data = base64.b64encode(figure.read_bytes()).decode()
        parts.append(f'<img alt="{html.escape(figure.stem)}" src="data:image/png;base64,{data}">')
    return "\n".join(parts)


STYLE = (
    "body{font:14px sans-serif;margin:2em auto;max-width:70em}table{border-collapse:collapse}"
    "td,th{border:1px solid #ccc;padding:.2em .6em;text-align:left}img{max-width:100%;display:block;margin:1em 0}"
)


def _as_html(markdown: str) -> str:
    """The tables, headings and list lines that reports consist of."""
    out, in_table = [], False
    for line in filter(None, markdown.splitlines()):
        if line.startswith("|"):
            if set(line) <= set("|-: "):
                continue
            cells = "".join(f"<td>{html.escape(cell.strip())}</td>" for cell in line.strip("|").split("|"))
            out.append(("" if in_table else "<table>") + f"<tr>{cells}</tr>")
        else:
            text = html.escape(line.lstrip("#- "))
            out.append(("</table>" if in_table else "") + (f"<h2>{text}</h2>" if line[0] == "#" else f"<p>{text}</p>"))
        in_table = line.startswith("|")
    return "\n".join(out) + ("</table>" if in_table else "")
