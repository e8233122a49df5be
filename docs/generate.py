"""Fills the generated blocks of the documents from stored reports: no number in them is typed.

`python docs/generate.py` rewrites the blocks; `--check` only says which are out of date. A block lies between markers,
and names a report (JSON as `Report.to_json` writes it) and, if not all are wanted, the names of its rows:

    <!-- report docs/reports/demo.json: abs_rel, delta1 -->
    ... rewritten ...
    <!-- end report -->

A second kind, between `<!-- notes PATH -->` and `<!-- end notes -->`, holds what a report says beside its rows.
A third, between `<!-- models -->` and `<!-- end models -->`, holds the table of `hondo models`.
A fourth, between `<!-- precisions -->` and `<!-- end precisions -->`, says what each engine offers.
A fifth, between `<!-- releases -->` and `<!-- end releases -->`, holds the addresses of published weights.
A sixth, between `<!-- house -->` and `<!-- end house -->`, holds what `python docs/house.py` measured, and the targets.
A seventh, between `<!-- data sets -->` and `<!-- end data sets -->`, describes every published data set, and an eighth,
between `<!-- splits -->` and `<!-- end splits -->`, lists the splits by name. A ninth, between `<!-- losses -->` and
`<!-- end losses -->`, lists the terms of objectives. A tenth, between
`<!-- protocols -->` and `<!-- end protocols -->`, tells protocols apart.
A block between `<!-- compressors -->` and `<!-- end compressors -->` lists the steps of `hondo compress`.
One between `<!-- campaigns -->` and `<!-- end campaigns -->` holds the results in docs/reports/campaigns.
An eleventh, between `<!-- recipes -->` and `<!-- end recipes -->`, lists the recipes by what one has.
"""

import argparse
import math
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from hondo.compress.registry import COMPRESSORS
from hondo.core.report import Report, markdown_table
from hondo.core.text_file import read_json
from hondo.data.layouts.layout_table import LAYOUTS
from hondo.data.layouts.layout_text import layout_facts, split_facts
from hondo.engines.registry import ENGINES
from hondo.evaluate.protocols import PROTOCOLS, Window
from hondo.losses.terms import TERMS
from hondo.models.download.releases import RELEASES
from hondo.models.registry.facts import ModelFacts, stored_facts
from hondo.recipes.compression.pipeline_steps import LEARNING
from hondo.recipes.registry import GROUPS, RECIPES, summary_of
from hondo.train.objectives.weighted_terms import numbers_of

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(
    r"(?P<open><!-- report (?P<path>[^\s:]+)(?:: (?P<names>[^>]*?))? -->\n).*?(?P<close><!-- end report -->)",
    re.DOTALL,
)
NOTES = re.compile(r"(?P<open><!-- notes (?P<path>[^\s:]+) -->\n).*?(?P<close><!-- end notes -->)", re.DOTALL)
MODELS = re.compile(r"(?P<open><!-- models -->\n).*?(?P<close><!-- end models -->)", re.DOTALL)
PRECISIONS = re.compile(r"(?P<open><!-- precisions -->\n).*?(?P<close><!-- end precisions -->)", re.DOTALL)
RELEASES_BLOCK = re.compile(r"(?P<open><!-- releases -->\n).*?(?P<close><!-- end releases -->)", re.DOTALL)
DATA_SETS = re.compile(r"(?P<open><!-- data sets -->\n).*?(?P<close><!-- end data sets -->)", re.DOTALL)
SPLITS_BLOCK = re.compile(r"(?P<open><!-- splits -->\n).*?(?P<close><!-- end splits -->)", re.DOTALL)
LOSSES = re.compile(r"(?P<open><!-- losses -->\n).*?(?P<close><!-- end losses -->)", re.DOTALL)
PROTOCOLS_BLOCK = re.compile(r"(?P<open><!-- protocols -->\n).*?(?P<close><!-- end protocols -->)", re.DOTALL)
RECIPES_BLOCK = re.compile(r"(?P<open><!-- recipes -->\n).*?(?P<close><!-- end recipes -->)", re.DOTALL)
COMPRESSORS_BLOCK = re.compile(r"(?P<open><!-- compressors -->\n).*?(?P<close><!-- end compressors -->)", re.DOTALL)
CAMPAIGNS = re.compile(r"(?P<open><!-- campaigns -->\n).*?(?P<close><!-- end campaigns -->)", re.DOTALL)
HOUSE = re.compile(r"(?P<open><!-- house -->\n).*?(?P<close><!-- end house -->)", re.DOTALL)


def fill(text: str, *, root: Path) -> str:
    """The document ``text`` with each block rendered from its report under ``root``."""

    def render(block: re.Match[str]) -> str:
        return f"{block['open']}{table(root / block['path'], block['names'] or '')}\n{block['close']}"

    text = NOTES.sub(lambda block: f"{block['open']}{notes(root / block['path'])}\n{block['close']}", text)
    text = PRECISIONS.sub(lambda block: f"{block['open']}{precisions_table()}\n{block['close']}", text)
    text = DATA_SETS.sub(lambda block: f"{block['open']}{data_sets_text()}\n{block['close']}", text)
    text = SPLITS_BLOCK.sub(lambda block: f"{block['open']}{splits_table()}\n{block['close']}", text)
    text = RELEASES_BLOCK.sub(lambda block: f"{block['open']}{releases_table()}\n{block['close']}", text)
    text = RECIPES_BLOCK.sub(lambda block: f"{block['open']}{recipes_table()}\n{block['close']}", text)
    text = LOSSES.sub(lambda block: f"{block['open']}{losses_table()}\n{block['close']}", text)
    text = PROTOCOLS_BLOCK.sub(lambda block: f"{block['open']}{protocols_table()}\n{block['close']}", text)
    text = COMPRESSORS_BLOCK.sub(lambda block: f"{block['open']}{compressors_table()}\n{block['close']}", text)
    text = CAMPAIGNS.sub(lambda block: f"{block['open']}{campaigns_table(root)}\n{block['close']}", text)
    text = HOUSE.sub(lambda block: f"{block['open']}{house_table(root)}\n{block['close']}", text)
    return MODELS.sub(
        lambda block: f"{block['open']}{models_table(stored_facts())}\n{block['close']}", BLOCK.sub(render, text)
    )


def models_table(facts: list[ModelFacts]) -> str:
    """Name, size, cost, output, weights and licence of every model."""
    lines = ["| model | parameters | MACs | at | output | weights | licence |", "|---|---:|---:|---|---|---|---|"]
    for fact in facts:
        counts = f"{fact.parameters / 1e6:.2f} M | {fact.macs / 1e9:.2f} G | {fact.size_hw[0]}x{fact.size_hw[1]}"
        origin = f"{fact.kind} | {fact.weights} | {fact.licence or '-'}"
        lines.append(f"| `{fact.name}` | {counts} | {origin} |")
    return "\n".join(lines)


def campaigns_table(root: Path) -> str:
    """What each campaign asks, how its cases ended, and on which machine and commit."""
    lines = ["| campaign | has to hold | cases | how they ended | faults | time |", "|---|---|---:|---|---:|---:|"]
    notes: list[str] = []
    origins: dict[str, set[str]] = {}
    reports = sorted((root / "docs" / "reports" / "campaigns").glob("*.json"))
    parts = {"campaign", "serving"}  # that campaigns share
    scripts = {path.stem for path in (ROOT / "benchmarks" / "campaigns").glob("*.py")} - parts
    missing = sorted(scripts - {path.stem for path in reports})
    if missing:
        notes.append(f"- Without a stored run yet: {', '.join(f'`{name}`' for name in missing)}.")
    for path in reports:
        each = read_json(path)
        ends = ", ".join(f"{number} {outcome}" for outcome, number in sorted(each["outcomes"].items()))
        size = "" if each["tried"] >= each["full"] else f" of {each['full']}"
        faults = each["outcomes"].get("fault", 0)
        lines.append(
            f"| `{each['campaign']}` | {each['asks']} | {each['tried']}{size} | {ends} | {faults} "
            f"| {each['seconds']:.0f} s |"
        )
        notes += [f"- `{each['campaign']}`: {note}" for note in each["notes"]]
        origins.setdefault(each["hardware"], set()).add(each["commit"].removesuffix("-dirty"))
    places = [f"Measured on {machine}; commits {', '.join(sorted(found))}." for machine, found in origins.items()]
    return "\n".join([*lines, "", *notes, "", *places])


def losses_table() -> str:
    """Every loss term, the truth it compares with, its options with their defaults, and its formula."""
    lines = ["| loss | labels known | options | what it is |", "|---|---|---|---|"]
    for name, term in TERMS.items():
        source = "of a teacher" if "is_taught" in term.reads else "none"
        needs = source if term.needs is None else str(term.needs).replace("-", " ")
        options = ", ".join(f"`{option}` {value:g}" for option, value in numbers_of(TERMS[name]).items()) or "-"
        what = " ".join((term.function.__doc__ or "").split("\n\n")[0].split()).replace("|", "\\|").replace("``", "`")
        lines.append(f"| `{name}` | {needs} | {options} | {what} |")
    return "\n".join(lines)


def compressors_table() -> str:
    """The steps of `hondo compress`, each with an example."""
    lines = ["| step | example | what it does |", "|---|---|---|"]
    lines += [f"| `{name}` | `{entry.example}` | {entry.summary} |" for name, entry in COMPRESSORS.items()]
    lines += [f"| `{name}` | `{example}` | {summary} |" for name, (summary, example) in LEARNING.items()]
    return "\n".join(lines)


def protocols_table() -> str:
    """What each protocol scores: the window and range of ground truth, the clamp of predictions, its alignment."""
    lines = ["| protocol | rows and columns | truth [m] | predictions [m] | alignment | |", "|---|---|---|---|---|---|"]
    for each in PROTOCOLS.values():
        window = _window(each.window)
        truth = f"{each.gt_above:g} to {each.gt_below:g}" if each.gt_below < math.inf else "all"
        clamp = "as they are" if each.clamp_pred is None else "clamped to {:g} to {:g}".format(*each.clamp_pred)
        lines.append(f"| `{each.name}` | {window} | {truth} | {clamp} | {each.align} | {each.says} |")
    return "\n".join(lines)


def _window(window: Window | None) -> str:
    """Rows x columns, in percent of the frame or in pixels."""
    if window is None:
        return "all"
    factor, unit = (100, " %") if window.is_fraction else (1, "")
    rows, columns = (f"{low * factor:.4g} to {high * factor:.4g}{unit}" for low, high in (window.rows, window.columns))
    return f"{rows}, {columns}"


def recipes_table() -> str:
    """Recipes by what one has, with their model, losses and length."""
    lines = ["| you have | recipe | model | losses | steps | what it does |", "|---|---|---|---|---:|---|"]
    for have, name in [(have, name) for have, names in GROUPS.items() for name in names]:
        recipe = RECIPES[name]()
        losses = ", ".join(getattr(recipe.objective, "terms", {})) or "photometric"
        facts = f"`{recipe.model.name}` | {losses} | {recipe.optim.max_steps:,}"
        lines.append(f"| {have} | `{name}` | {facts} | {summary_of(name).replace('``', '`')} |")
    return "\n".join(lines)


def releases_table() -> str:
    """Published weights with their models and where they are fetched from; the next address where one has nothing."""
    models: dict[str, list[str]] = {}
    found = {release.label: release for model in RELEASES for release in RELEASES[model]}
    for model, group in RELEASES.items():
        for release in group:
            models.setdefault(release.label, []).append(f"`{model}`")
    lines = ["| weights | models | addresses, in this order |", "|---|---|---|"]
    for label, release in found.items():
        addresses = ", ".join(f"[{each.name}]({each.url})" for each in release.sources)
        lines.append(f"| `{label}` | {', '.join(models[label])} | {addresses} |")
    return "\n".join(lines)


def data_sets_text() -> str:
    """A table of every published data set, then what is to be known of each."""
    lines = ["| name | data set | truth | licence |", "|---|---|---|---|"]
    lines += [f"| `{each.name}` | {each.title} | {each.truth.value} | {each.licence} |" for each in LAYOUTS.values()]
    for each in LAYOUTS.values():
        lines += ["", f"### {each.name}", "", f"{each.title}.", ""]
        lines += [f"- {name}: {text}" for name, text in layout_facts(each)]
    return "\n".join(lines)


def splits_table() -> str:
    """The published splits by name."""
    head, *rows = split_facts()
    lines = [f"| {' | '.join(head)} |", "|---|---|---:|---:|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def precisions_table() -> str:
    """What each engine computes in when it is given a model, and what it exports."""
    lines = ["| engine | `hondo.load(model, precision=...)` | `hondo export --precision` | file |", "|---|---|---|---|"]
    for name in ENGINES:
        engine = ENGINES[name]
        loaded = _quoted(engine.precisions) if engine.runs_models else "files only"
        exported = _quoted(engine.export_precisions) or "-"
        lines.append(f"| `{name}` | {loaded} | {exported} | {f'`{engine.suffix}`' if engine.suffix else '-'} |")
    return "\n".join(lines)


def house_table(root: Path) -> str:
    """What house.py measured, beside what is aimed at: the form of the code, then the walks through it."""
    path = root / "docs" / "reports" / "house.json"
    if not path.exists():
        return "Not measured yet."
    values: dict[str, dict[str, float]] = {}
    for row in Report.from_json(path.read_text()).rows:
        values.setdefault(row.subject, {})[row.name] = row.value
    form = {subject: numbers["value"] for subject, numbers in values.items() if "value" in numbers}
    lines = ["| measure | value | target |", "|---|---:|---|"]
    lines += [f"| {subject} | {value:g} | {_target(values[subject], 'value')} |" for subject, value in form.items()]
    lines += ["", "| walk | measured | target |", "|---|---|---|"]
    for subject in [each for each in values if each not in form]:
        numbers = values[subject]
        names = [name for name in numbers if " at " not in name]
        targets = {name: _target(numbers, name) for name in names}
        measured = ", ".join(f"{numbers[name]:g} {name}" for name in names)
        aimed = ", ".join(f"{target} {name}" for name, target in targets.items() if target)
        lines.append(f"| {subject} | {measured} | {aimed} |")
    return "\n".join(lines)


def _target(numbers: dict[str, float], name: str) -> str:
    """The bounds of a measure in words; empty where there are none."""
    if f"{name} at most" not in numbers:
        return ""
    least, most = numbers[f"{name} at least"], numbers[f"{name} at most"]
    if least == most:
        return f"{most:g}"
    return f"at most {most:g}" if least == 0 else f"at least {least:g}" if most == 100 else f"{least:g} to {most:g}"


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def table(path: Path, names: str) -> str:
    """The rows called ``names`` (comma-separated; empty: all) of a report, and where they come from."""
    if not path.exists():
        return "Not measured yet."
    report = Report.from_json(path.read_text())
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    missing = set(wanted) - {row.name for row in report.rows}
    if missing:
        raise SystemExit(f"{path}: no row is called {', '.join(sorted(missing))}")
    rows = [row for row in report.rows if not wanted or row.name in wanted]
    origin = [f"protocol {report.protocol}" if report.protocol else "", report.hardware, f"commit {report.commit}"]
    return f"{markdown_table(rows)}\n\n{report.title}: {'; '.join(part for part in origin if part)}."


def notes(path: Path) -> str:
    """What a report says beside its rows, as a list."""
    stored = Report.from_json(path.read_text()).notes if path.exists() else ()
    return "\n".join(f"- {note}" for note in stored) or "Nothing."


def documents(root: Path) -> list[Path]:
    """Every Markdown file of the project itself."""
    folders = [root, *(root / name for name in ("docs", "benchmarks", "src"))]
    found = {path for folder in folders[1:] for path in folder.rglob("*.md")} | set(root.glob("*.md"))
    return sorted(found)


def main() -> int:
    parser = argparse.ArgumentParser(description="Fill the generated blocks of the documents.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a block is out of date")
    only_check = parser.parse_args().check
    stale = []
    for path in documents(ROOT):
        text = path.read_text(encoding="utf-8")
        filled = fill(text, root=ROOT)
        if filled != text:
            stale.append(path.relative_to(ROOT).as_posix())
            if not only_check:
                path.write_text(filled, encoding="utf-8")
    if stale:
        print(f"{'out of date' if only_check else 'written'}: {', '.join(stale)}")
    return 1 if stale and only_check else 0


if __name__ == "__main__":
    sys.exit(main())
