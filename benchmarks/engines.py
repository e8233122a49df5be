"""Every model on every engine: how far from torch, how fast, and how large.

    python benchmarks/engines.py --weights FOLDER [--models dpt-hybrid ...] [--data ../shared/data] [--fresh] [--quick]

FOLDER holds what benchmarks/trained_like.py wrote. Each model is exported in every precision that an engine offers, the
files are compared with torch on real pictures, and then all of them and eager torch are called in turn, so that every
ratio comes from the same minutes. What is done is kept in --out: a run that was cut off goes on, and --parts parity
can be done on a busy machine. In the end docs/reports/engines.json is written from all that is there (make docs).
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from engines_report import LATENCY, assemble

from hondo.core.cache import cache_folder, read_cached, write_cached
from hondo.core.errors import HondoError
from hondo.core.report import commit
from hondo.core.sample import Samples
from hondo.core.types import Size
from hondo.data.rgbd import Rgbd
from hondo.data.synthetic.dataset import SyntheticScenes
from hondo.engines.calibration import Calibration, calibration_of
from hondo.engines.header import export_spec
from hondo.engines.load import build_depth_model
from hondo.engines.predictor import NetworkPredictor
from hondo.engines.quantising import Quantising
from hondo.engines.sensitivity import MAX_DROP
from hondo.engines.table import ENGINES
from hondo.evaluate.accuracy import image_of
from hondo.evaluate.check_set import check_samples
from hondo.evaluate.conditions import conditions
from hondo.evaluate.latency import network_call
from hondo.evaluate.machine import measure_roof
from hondo.evaluate.memory import file_size_mib
from hondo.evaluate.parity import compare_on
from hondo.evaluate.versus import Versus, alternate_with
from hondo.models.depth import DepthModel
from hondo.models.macs import count_macs
from hondo.video.pictures import spread_pictures

ENGINES_SHOWN = ("openvino_ir", "onnx_runtime", "pytorch")
PRECISIONS_SHOWN = ("fp32", "bf16", "int8", "int8-dynamic", "int8-weights")
REPORT = Path(__file__).resolve().parents[1] / "docs" / "reports" / "engines.json"
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A model at the size that the field quotes it at; without ``weights`` it is fresh."""

    name: str
    size_hw: Size
    weights: Path | None = None
    options: dict[str, Any] = field(default_factory=dict)


SIZES: dict[str, Size] = {
    "dpt-hybrid": (384, 384),
    "depth-anything-s": (518, 518),
    "dpt-thesis": (192, 640),
    "adabins-kitti": (384, 384),
    "monodepth2": (192, 640),
    "vtdepth-b0": (192, 640),
    "fastdepth": (224, 224),
    "manydepth": (192, 640),
    "dpt-large": (384, 384),
}
QUICK = Case(name="unet-light", size_hw=(64, 96))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What all models share: pictures to judge by, pictures to calibrate on, and how long to look."""

    samples: Samples
    calibration: list
    pictures: int
    rounds: int
    seconds: float
    max_drop: float


def variants() -> list[tuple[str, str]]:
    """Engine and precision of every file; torch in float32 is what they are compared with."""
    offered = [(engine, precision) for engine in ENGINES_SHOWN for precision in ENGINES[engine].EXPORT_PRECISIONS]
    return [each for each in offered if each[1] in PRECISIONS_SHOWN and each != ("pytorch", "fp32")]


def measure_parity(case: Case, plan: Plan, *, folder: Path) -> None:
    """Exports what is missing and compares each file with torch; what an engine refuses is kept with its reason."""
    missing = [each for each in variants() if read_cached(folder / f"{'-'.join(each)}.json") is None]
    if not missing:
        return
    model = build(case)
    spec = export_spec(model.input_spec, size_hw=case.size_hw, dynamic=False)
    checked = check_samples(model, plan.samples, spec=spec, most=plan.pictures)
    calibration = calibration_of(plan.calibration, spec=model.input_spec, size_hw=case.size_hw)
    for engine, precision in missing:
        path = folder / f"{engine}-{precision}{ENGINES[engine].SUFFIX}"
        try:
            export(model, path, case=case, engine=engine, precision=precision, plan=plan, calibration=calibration)
            predictor = ENGINES[engine].load(path, device="cpu")
            facts = asdict(compare_on(checked, predictor)) | {"file_mib": file_size_mib(path)}
            predictor.close()
        except HondoError as error:
            facts = {"reason": str(error)}
        tell(f"{case.name} {engine} {precision}: {facts.get('reason', 'compared')}")
        write_cached(folder / f"{engine}-{precision}.json", facts | {"commit": commit()})


def export(
    model: DepthModel, path: Path, *, case: Case, engine: str, precision: str, plan: Plan, calibration: Calibration
) -> None:
    how = {}
    if precision in getattr(ENGINES[engine], "CALIBRATED", ()):
        how["quantising"] = Quantising(calibration=calibration, max_drop=plan.max_drop, told=tell)
    path.parent.mkdir(parents=True, exist_ok=True)
    ENGINES[engine].export(model, path, size_hw=case.size_hw, precision=precision, **how)


def measure_latency(case: Case, plan: Plan, *, folder: Path) -> None:
    """All files that were written and eager torch in turn."""
    kept = folder / LATENCY
    files = {
        each: folder / f"{'-'.join(each)}{ENGINES[each[0]].SUFFIX}"
        for each in variants()
        if "abs_rel" in (read_cached(folder / f"{'-'.join(each)}.json") or {})
    }
    if read_cached(kept) is not None or not files:
        return
    model = build(case)
    gmacs = count_macs(model, size_hw=case.size_hw) / 1e9
    under, roof = str(conditions()), measure_roof()
    served = {"-".join(each): ENGINES[each[0]].load(path, device="cpu") for each, path in files.items()}
    others = {name: call(predictor, case) for name, predictor in served.items()}
    eager = call(ENGINES["pytorch"].load(model, device="cpu"), case)
    found = alternate_with(eager, others, warmup=2, runs=plan.rounds, seconds=plan.seconds)
    for predictor in served.values():
        predictor.close()
    facts = {
        name: numbers(versus, least_ms=roof.least_ms(gmacs=gmacs, precision=served[name].precision))
        for name, versus in found.items()
    }
    common = {"gmacs": gmacs, "conditions": under, "roof": asdict(roof), "commit": commit()}
    write_cached(kept, common | {"variants": facts, "noise": list(next(iter(found.values())).first.noise.doubts())})
    for name, fact in facts.items():
        tell(f"{case.name} {name}: {fact['ms']:.1f} ms, {fact['speed_up']:.2f} x eager torch")


def call(predictor: NetworkPredictor, case: Case) -> Callable[[], object]:
    return network_call(predictor, size_hw=case.size_hw)


def numbers(versus: Versus, *, least_ms: float) -> dict[str, Any]:
    """Times, and how many times as fast as eager torch with the 95 % interval."""
    return {
        "ms": versus.second.median_ms,
        "eager_ms": versus.first.median_ms,
        "speed_up": 1 / versus.ratio,
        "low": 1 / versus.high,
        "high": 1 / versus.low,
        "roof_share": least_ms / versus.second.median_ms,
        "rounds": versus.first.runs,
        "doubts": list(versus.doubts()),
    }


def build(case: Case) -> DepthModel:
    torch.manual_seed(0)
    return build_depth_model(case.name, weights=str(case.weights or "random"), options=case.options)


def real_plan(data: Path, options: argparse.Namespace) -> Plan:
    """Half driving, half indoor pictures with ground truth; calibrated on clips of other places."""
    half = max(1, options.pictures // 2)
    chosen = [Rgbd(data, only=domain) for domain in ("driving", "indoor")]
    samples = [each[(2 * i + 1) * len(each) // (2 * half)] for each in chosen for i in range(half)]
    calibration = spread_pictures(str(options.calibration or data / "clips_deepv2d"), count=options.calibration_count)
    return Plan(
        samples=samples, calibration=calibration, pictures=options.pictures, rounds=options.rounds,
        seconds=options.seconds, max_drop=options.max_drop,
    )  # fmt: skip


def quick_plan() -> Plan:
    scenes = SyntheticScenes(length=8, size_hw=(48, 64), worlds={"simple": 1.0})
    pictures = [image_of(sample) for sample in scenes]
    return Plan(samples=scenes[:2], calibration=pictures, pictures=2, rounds=1, seconds=0.1, max_drop=0.5)


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--weights", type=Path, default=cache_folder("trained-like"))
    parser.add_argument("--data", type=Path, default=DATA, help="a folder with a manifest.csv")
    parser.add_argument("--calibration", help="SOURCE for int8; default: the short clips in --data")
    parser.add_argument("--calibration-count", type=int, default=32, help="pictures of it")
    parser.add_argument("--out", type=Path, default=cache_folder("engines"), help="files and what was measured on them")
    parser.add_argument("--json", type=Path, default=REPORT)
    parser.add_argument("--parts", nargs="+", choices=("parity", "latency"), default=("parity", "latency"))
    parser.add_argument("--pictures", type=int, default=8, help="that parity looks at")
    parser.add_argument("--rounds", type=int, default=20, help="of latency, at most")
    parser.add_argument(
        "--seconds", type=float, default=20.0, help="of latency for a model; 10 rounds take what they take"
    )
    parser.add_argument("--max-drop", type=float, default=MAX_DROP, help="of int8")
    parser.add_argument(
        "--fresh", action="store_true", help="forget what was measured before, of these models and parts"
    )
    parser.add_argument("--quick", action="store_true", help="a tiny model on rendered pictures: does it run?")
    options = parser.parse_args()
    if options.quick:
        return quick()
    plan = real_plan(options.data, options)
    for name in options.models:
        weights = options.weights / f"{name}.safetensors"
        if not weights.exists():
            tell(f"{name}: {weights} is not there; make it with benchmarks/trained_like.py --models {name}")
            continue
        run(Case(name=name, size_hw=SIZES[name], weights=weights), plan, options=options)
    report = assemble(options.out, SIZES)
    print(report.to_markdown())
    if "latency" in options.parts:
        options.json.write_text(report.to_json() + "\n")
    return 0


def run(case: Case, plan: Plan, *, options: argparse.Namespace) -> None:
    folder = options.out / case.name
    if options.fresh:
        forget(folder, parts=options.parts)
    if "parity" in options.parts:
        measure_parity(case, plan, folder=folder)
    if "latency" in options.parts:
        measure_latency(case, plan, folder=folder)


def forget(folder: Path, *, parts: list[str]) -> None:
    for path in folder.glob("*"):
        if ("latency" if path.name == LATENCY else "parity") in parts:
            path.unlink()


def quick() -> int:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as out:
        folder, plan = Path(out) / QUICK.name, quick_plan()
        measure_parity(QUICK, plan, folder=folder)
        measure_latency(QUICK, plan, folder=folder)
        print(assemble(Path(out), {QUICK.name: QUICK.size_hw}).to_markdown())
    return 0


if __name__ == "__main__":
    sys.exit(main())
