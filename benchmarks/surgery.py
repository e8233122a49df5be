"""What each step of `hondo compress` saves: python benchmarks/surgery.py [--quick] [--json docs/reports/surgery.json]

Every step alone, on DPT-Hybrid for KITTI at the thesis's 192x640 and on Depth Anything V2 Small: parameters,
multiply-accumulates, and how much of the weights is kept as it was or carried over. Nothing is timed.
"""

import argparse
from pathlib import Path
from typing import Any

from hondo.compress.steps import compress
from hondo.core.atomic import atomic_write
from hondo.core.report import Report, Row
from hondo.models.registry.build_model import build_model

COMMON = ("attention=linear", "width=0.5", "decoder=separable", "encoder=mobilenetv4_conv_small")
HYBRID = (
    "hooks=2,5", "hooks=0,1", "heads=1", "heads=6:norm", "readout=ignore", "width=64", *COMMON,
    "hooks=0,1 | width=64 | encoder=mobilenetv4_conv_small",
)  # fmt: skip
PLAIN = ("size=252x336", "heads=1", "heads=3:norm", *COMMON)
THESIS_HW = (192, 640)
PARENTS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "dpt-hybrid-kitti": ({"size_hw": THESIS_HW}, HYBRID),
    "depth-anything-s": ({}, PLAIN),
}
QUICK: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "dpt-fast": ({"encoder": "test_efficientnet+vit_tiny_patch16_224", "features": 8}, ("heads=1", "width=0.5")),
}


def rows(name: str, options: dict[str, Any], steps: tuple[str, ...]) -> list[Row]:
    """The model as it was, then after every step alone."""
    model, found = build_model(name, "random", **options), []
    for step in ("", *steps):
        _, stages = compress(model, step or f"size={'x'.join(map(str, model.input_spec.size_hw))}")
        last, subject = stages[-1], f"{name}: {step.replace(' | ', ', ')}" if step else f"**{name}**"
        kept = [each.kept for each in stages if each.kept is not None]
        carried = min((each.total - each.fresh) / each.total for each in kept)
        found += [
            Row(name="parameters", value=last.parameters / 1e6, unit="M", better="lower", subject=subject),
            Row(name="MACs", value=last.macs / 1e9, unit="G", better="lower", subject=subject),
            Row(name="not fresh", value=100 * carried, unit="%", better="higher", subject=subject),
        ]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one tiny model")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    parents = QUICK if given.quick else PARENTS
    made = tuple(row for name, (options, steps) in parents.items() for row in rows(name, options, steps))
    report = Report(title="Steps of hondo compress", rows=made, notes=("fresh weights; parameters and MACs counted",))
    print(report.to_markdown())
    if given.json is not None:
        atomic_write(given.json, report.to_json().encode())


if __name__ == "__main__":
    main()
