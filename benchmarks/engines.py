"""Every model on every engine: how far from torch, how fast, and how large.

    python benchmarks/engines.py --weights FOLDER [--models NAME ...] [--data FOLDER] [--plain] [--fresh] [--quick]

FOLDER holds what benchmarks/trained_like.py wrote. Each model is exported in every precision that an engine offers, the
files are compared with torch on real images, and then all of them and eager torch are called in turn, so that every
ratio comes from the same minutes. What is done is kept in --out: a run that was cut off goes on. --parts parity can be
done on a busy machine, --parts latency without trained weights. In the end the rows of this machine are set in
docs/reports/engines.json, which keeps those of others (make docs).
"""

import argparse
import sys
from pathlib import Path

from engines_machines import write_side_by_side
from engines_measure import ENGINES_SHOWN, PRECISIONS_SHOWN, Case, Plan, measure_latency, measure_parity, tell
from engines_report import LATENCY, assemble

from hondo.core.cache import cache_folder
from hondo.core.types import Size
from hondo.data.datasets.rgbd import Rgbd
from hondo.evaluate.accuracy.evaluation import image_of
from hondo.synthetic.scenes import SyntheticScenes
from hondo.video.sources.sampling import spread_images

REPORT = Path(__file__).resolve().parents[1] / "docs" / "reports" / "engines.json"
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"

MAX_DROP = 0.008  # so that 1 % holds on images that no search has seen

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
QUICK = Case(name="unet", size_hw=(64, 96), options={"encoder": "timm:test_resnet", "width": 0.25})


def real_plan(data: Path, options: argparse.Namespace) -> Plan:
    """Half driving, half indoor images with ground truth; calibrated on clips and photos of other places."""
    half = max(1, options.images // 2)
    chosen = [Rgbd(data, only=domain) for domain in ("driving", "indoor")]
    samples = [each[(2 * i + 1) * len(each) // (2 * half)] for each in chosen for i in range(half)]
    sources = options.calibration or [data / "clips_deepv2d", data / "photos"]
    calibration = [each for source in sources for each in spread_images(str(source), count=options.calibration_count)]
    return Plan(
        samples=samples, calibration=calibration, images=options.images, rounds=options.rounds,
        seconds=options.seconds, max_drop=options.max_drop, engines=options.engines, precisions=options.precisions,
        plain=options.plain,
    )  # fmt: skip


def quick_plan() -> Plan:
    scenes = SyntheticScenes(length=8, size_hw=(48, 64), worlds={"simple": 1.0})
    images = [image_of(sample) for sample in scenes]
    return Plan(
        samples=scenes[:2], calibration=images, images=2, rounds=1, seconds=0.1, max_drop=0.5,
        precisions=("fp32", "int8"),
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--weights", type=Path, default=cache_folder("trained-like"))
    parser.add_argument("--data", type=Path, default=DATA, help="a folder with a manifest.csv")
    parser.add_argument("--calibration", nargs="+", help="SOURCEs for int8; default: the clips and photos in --data")
    parser.add_argument("--calibration-count", type=int, default=24, help="images of each, at most")
    parser.add_argument("--out", type=Path, default=cache_folder("engines"), help="files and what was measured on them")
    parser.add_argument("--json", type=Path, default=REPORT)
    parser.add_argument("--engines", nargs="+", choices=ENGINES_SHOWN, default=ENGINES_SHOWN)
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS_SHOWN, default=PRECISIONS_SHOWN)
    parser.add_argument("--parts", nargs="+", choices=("parity", "latency"), default=("parity", "latency"))
    parser.add_argument("--images", type=int, default=8, help="that parity looks at")
    parser.add_argument("--rounds", type=int, default=20, help="of latency, at most")
    parser.add_argument(
        "--seconds", type=float, default=20.0, help="of latency for a model; 10 rounds take what they take"
    )
    parser.add_argument("--max-drop", type=float, default=MAX_DROP, help="of int8, on calibration images")
    parser.add_argument("--plain", action="store_true", help="also what each tool's own converter gives, in turn")
    parser.add_argument(
        "--fresh", action="store_true", help="forget what was measured before, of these models and parts"
    )
    parser.add_argument("--quick", action="store_true", help="a tiny model on rendered images: does it run?")
    options = parser.parse_args()
    if options.quick:
        return quick()
    plan = real_plan(options.data, options)
    for name in options.models:
        weights = options.weights / f"{name}.safetensors"
        if not weights.exists():
            tell(f"{name}: {weights} is not there; make it with benchmarks/trained_like.py --models {name}")
            if "parity" in options.parts:
                continue
            weights = None  # random ones take the same time
        run(Case(name=name, size_hw=SIZES[name], weights=weights), plan, options=options)
    report = assemble(options.out, SIZES)
    print(report.to_markdown())
    if "latency" in options.parts:
        write_side_by_side(report, options.json)
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
