"""The report of the engines benchmark: rows of what was measured, notes of what was refused; the rest is left out."""

import importlib.util
import json
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "engines_report.py"


@pytest.fixture(scope="module")
def assemble():
    spec = importlib.util.spec_from_file_location("engines_report", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.assemble


METRICS = {name: 0.5 for name in ("sq_rel", "rmse", "rmse_log", "silog", "log10", "delta1", "delta2", "delta3")}
PARITY = {
    "file_mib": 2.0, "max_share": 0.03, "mean_share": 0.01, "rank_correlation": 0.99, "abs_rel": 0.02,
    "truth": {
        "torch": METRICS | {"abs_rel": 0.10}, "exported": METRICS | {"abs_rel": 0.12}, "images": 3, "align": "median",
    },
}  # fmt: skip
TIMES = {"ms": 5.0, "eager_ms": 20.0, "speed_up": 4.0, "low": 3.9, "high": 4.1, "roof_share": 0.5}
LATENCY = {
    "gmacs": 1.0, "conditions": "2 threads", "commit": "abc", "noise": ["the machine slowed down"],
    "roof": {"gmacs_per_s": 100.0, "bf16_gmacs_per_s": 200.0, "int8_gmacs_per_s": None, "gigabytes_per_s": 9.0},
    "variants": {"onnx-fp32": TIMES | {"rounds": 12, "doubts": []}},
}  # fmt: skip


@pytest.fixture
def out(tmp_path) -> Path:
    (tmp_path / "net").mkdir()
    stored = {"onnx-fp32": PARITY, "openvino-int8": {"reason": "no such operator"}, "latency": LATENCY}
    for name, facts in stored.items():
        (tmp_path / "net" / f"{name}.json").write_text(json.dumps(facts))
    return tmp_path


def test_rows_and_notes(assemble, out) -> None:
    report = assemble(out, {"net": (32, 64), "never-run": (8, 8)})
    assert {row.subject for row in report.rows} == {"net 32x64 onnx fp32"}
    values = {row.name: row.value for row in report.rows}
    assert values["abs_rel worse by"] == pytest.approx(20) and values["delta1 worse by"] == 0
    assert (
        values["speed-up"] == 4
        and values["of peak throughput"] == 50
        and values["speed-up at peak"] == 8
        and values["abs_rel to torch"] == 2
    )
    notes = "\n".join(report.notes)
    assert "net 32x64 openvino int8 was not exported: no such operator" in notes
    assert "12 rounds" in notes and "the machine slowed down" in notes and "never-run" not in notes


def test_rows_that_were_compared_on_other_images_are_named(assemble, out) -> None:
    for name, images in (("openvino-fp32", 3), ("openvino-bf16", 64)):
        facts = PARITY | {"truth": PARITY["truth"] | {"images": images}}
        (out / "net" / f"{name}.json").write_text(json.dumps(facts))
    notes = assemble(out, {"net": (32, 64)}).notes
    assert "compared with torch and ground truth on 3 images unless stated otherwise" in notes
    assert "compared on 64 images: net 32x64 openvino bf16" in notes


def test_means_over_plain_are_of_the_equal_precision_and_of_the_fastest_accurate_file(assemble, out) -> None:
    """Two models, of which the second has an int8 file that is fast but wrong."""
    for name, equal, fast, error in (("net", 1.0, 4.0, 0.01), ("other", 4.0, 9.0, 0.5)):
        (out / name).mkdir(exist_ok=True)
        timed = TIMES | {"rounds": 12, "doubts": [], "plain": "plain openvino bf16"}
        variants = {"openvino-bf16": timed | {"over_plain": equal}, "openvino-int8": timed | {"over_plain": fast}}
        for variant, abs_rel in (("openvino-bf16", 0.0), ("openvino-int8", error)):
            (out / name / f"{variant}.json").write_text(json.dumps(PARITY | {"abs_rel": abs_rel}))
        (out / name / "latency.json").write_text(json.dumps(LATENCY | {"variants": variants}))
    rows = assemble(out, {"net": (32, 64), "other": (32, 64)}).rows
    means = {row.subject: row.value for row in rows if row.subject.startswith("2 models")}
    assert means == {"2 models: file of equal precision": pytest.approx(2), "2 models: fastest accurate file": 4}


def test_nothing_measured_is_an_empty_report(assemble, tmp_path) -> None:
    assert assemble(tmp_path, {"net": (32, 64)}).rows == ()
