"""One report of what benchmarks/engines.py left in its folder: the rows of two tables, and what was not measured."""

from collections.abc import Mapping
from pathlib import Path
from statistics import geometric_mean
from typing import Any

from hondo.core.cache import read_cached
from hondo.core.report import Better, Report, Row
from hondo.core.types import Size
from hondo.evaluate.parity.ground_truth_delta import CHECKED_METRICS, GroundTruthDelta
from hondo.evaluate.speed.peak import PeakThroughput
from hondo.metrics.depth_metrics import DepthMetrics

LATENCY = "latency.json"
ACCURATE = 0.02  # abs_rel to torch that the fastest accurate file of a model may have
EQUAL, FASTEST = "file of equal precision", "fastest accurate file"
PLAIN_ENGINE = "openvino"  # whose files the means compare with what its converter gives


def assemble(out: Path, sizes: Mapping[str, Size]) -> Report:
    """Everything that was measured, model by model; the notes list refused exports and the conditions."""
    rows: list[Row] = []
    notes: list[str] = []
    compared: dict[int, list[str]] = {}  # subjects by how many images with ground truth they were compared on
    beside_plain: dict[str, list[float]] = {EQUAL: [], FASTEST: []}
    for name, size_hw in sizes.items():
        folder, title = out / name, f"{name} {size_hw[0]}x{size_hw[1]}"
        for path in sorted(each for each in folder.glob("*.json") if each.name != LATENCY):
            facts, subject = read_cached(path) or {}, f"{title} {path.stem.replace('-', ' ', 1)}"
            if "reason" in facts:
                notes.append(f"{subject} was not exported: {facts['reason']}")
                continue
            rows += parity_rows(subject, facts)
            if facts["truth"] is not None:
                compared.setdefault(facts["truth"]["images"], []).append(subject)
        latency = read_cached(folder / LATENCY)
        if latency is not None:
            rows += latency_rows(title, latency)
            notes += latency_notes(title, latency)
            for which, ratio in over_plain(folder, latency).items():
                beside_plain[which].append(ratio)
    rows += plain_means(beside_plain)
    notes += compared_notes(compared)
    return Report(title="Engines", rows=tuple(rows), notes=tuple(dict.fromkeys(notes)))


def over_plain(folder: Path, latency: Mapping[str, Any]) -> dict[str, float]:
    """The plain conversion's time over that of the file in its precision, and over that of the fastest file that is
    known to be accurate, as far as there are such files."""
    timed = {name: facts for name, facts in latency["variants"].items() if _is_beside_plain(facts)}
    equal = [facts["over_plain"] for name, facts in timed.items() if name.split("-", 1)[1] == facts["plain"].split()[2]]
    errors = {name: (read_cached(folder / f"{name}.json") or {}).get("abs_rel") for name in timed}
    accurate = [timed[name]["over_plain"] for name, error in errors.items() if error is not None and error <= ACCURATE]
    return {which: max(ratios) for which, ratios in ((EQUAL, equal), (FASTEST, accurate)) if ratios}


def _is_beside_plain(facts: Mapping[str, Any]) -> bool:
    return facts.get("plain", "").split()[1:2] == [PLAIN_ENGINE]


def plain_means(ratios: Mapping[str, list[float]]) -> list[Row]:
    """The geometric means over models of both ratios of ``over_plain``."""
    return [
        Row(name="over plain", value=geometric_mean(each), better="higher", subject=f"{len(each)} models: {which}")
        for which, each in ratios.items()
        if each
    ]


def compared_notes(compared: Mapping[int, list[str]]) -> list[str]:
    """The number of images compared; rows with another number than most are named."""
    most, *others = sorted(compared, key=lambda count: -len(compared[count])) or [0]
    named = [f"compared on {count} images: {', '.join(compared[count])}" for count in others]
    return [f"compared with torch and ground truth on {most} images unless stated otherwise", *named] if most else []


def parity_rows(subject: str, facts: Mapping[str, Any]) -> list[Row]:
    truth = None if facts["truth"] is None else _truth(facts["truth"])
    numbers = [
        *([] if facts["file_mib"] is None else [("file", facts["file_mib"], "MiB")]),
        ("max difference", 100 * facts["max_share"], "%"),
        ("mean difference", 100 * facts["mean_share"], "%"),
        ("rank correlation", facts["rank_correlation"], ""),
        ("abs_rel to torch", 100 * facts["abs_rel"], "%"),
    ]
    if truth is not None:
        numbers += [(f"{name} worse by", 100 * truth.change(name), "%") for name in CHECKED_METRICS]
    return [
        Row(
            name=name,
            value=value,
            unit=unit,
            better="higher" if name == "rank correlation" else "lower",
            subject=subject,
        )
        for name, value, unit in numbers
    ]


def _truth(stored: Mapping[str, Any]) -> GroundTruthDelta:
    both = {side: DepthMetrics(**stored[side]) for side in ("torch", "exported")}
    return GroundTruthDelta(**both, images=stored["images"], align=stored["align"])


def latency_rows(title: str, latency: Mapping[str, Any]) -> list[Row]:
    rows = []
    for variant, facts in latency["variants"].items():
        numbers: list[tuple[str, float, str, Better]] = [
            ("eager torch", facts["eager_ms"], "ms", "lower"), ("time", facts["ms"], "ms", "lower"),
            ("speed-up", facts["speed_up"], "", "higher"), ("95 % CI from", facts["low"], "", "higher"),
            ("to", facts["high"], "", "higher"), ("of peak throughput", 100 * facts["roof_share"], "%", "higher"),
            ("speed-up at peak", facts["speed_up"] / facts["roof_share"], "", "higher"),
            *([("over plain", facts["over_plain"], "", "higher")] if "over_plain" in facts else []),
        ]  # fmt: skip
        subject = f"{title} {variant.replace('-', ' ', 1)}"
        rows += [
            Row(name=name, value=value, unit=unit, better=better, subject=subject)
            for name, value, unit, better in numbers
        ]
    return rows


def latency_notes(title: str, latency: Mapping[str, Any]) -> list[str]:
    rounds, peak = next(iter(latency["variants"].values()))["rounds"], PeakThroughput(**latency["roof"])
    plain = [
        f"{title}: over plain: the time of {name} over that of the row"
        for name in dict.fromkeys(facts["plain"] for facts in latency["variants"].values() if "plain" in facts)
    ]
    random = [f"{title}: timed with random weights, which take the same time"] if latency.get("is_random") else []
    refused = [f"{title}: no plain {tool}: {why}" for tool, why in latency.get("plain_refused", {}).items()]
    doubts = [
        f"{title} {variant}: {doubt}" for variant, facts in latency["variants"].items() for doubt in facts["doubts"]
    ]
    return [
        f"{title}: {latency['gmacs']:.1f} GMAC, {rounds} rounds, {latency['conditions']}, peak throughput {peak}; "
        f"{latency.get('hardware', '')} commit {latency['commit']}",
        *random,
        *plain,
        *refused,
        *(f"{title}: {doubt}" for doubt in latency["noise"]),
        *doubts,
    ]
