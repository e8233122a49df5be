"""The eager forward beside the authors' own code: python benchmarks/eager.py [--reference CHECKOUT ...] [--quick]

Without a checkout it reports our time alone. With one (isl-org/DPT, nianticlabs/monodepth2; --reference may be given
several times) the same model is built from its code with random weights, and the two run by turns in one process on the
same image, so that other programs on the machine slow both. A checkout of another form is used by naming the function
that builds its network: --build vtdepth-b0=package.module:function (a network takes the image (1 3 h w)).
"""

import argparse
import importlib
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from hondo.models.base.torchvision_guard import import_timm
from hondo.models.registry.build_model import build_model

Network = Callable[[Tensor], object]

CASES = {"dpt-hybrid": (384, 384), "monodepth2": (192, 640), "vtdepth-b0": (192, 640)}
QUICK_HW = (96, 160)


def dpt_hybrid() -> nn.Module:
    """As isl-org/DPT's run_monodepth.py builds it."""
    build = importlib.import_module("dpt.models").DPTDepthModel
    return build(path=None, backbone="vitb_rn50_384", non_negative=True, enable_attention_hooks=False)


def monodepth2() -> nn.Module:
    """As monodepth2's test_simple.py builds it: two networks, one after the other."""
    networks = importlib.import_module("networks")
    encoder = networks.ResnetEncoder(18, False)
    return nn.Sequential(encoder, networks.DepthDecoder(num_ch_enc=encoder.num_ch_enc, scales=range(4)))


# Case: a file by which its authors' checkout is known, and what builds their network once it is on the path.
REFERENCES = {
    "dpt-hybrid": ("dpt/models.py", dpt_hybrid),
    "monodepth2": ("networks/depth_decoder.py", monodepth2),
}


def reference_of(case: str, checkouts: list[Path], builders: dict[str, str]) -> Network | None:
    if case in builders:
        module, _, function = builders[case].partition(":")
        sys.path[:0] = [str(path) for path in checkouts]
        return getattr(importlib.import_module(module), function)().eval()
    file, build = REFERENCES.get(case, ("", None))
    found = [path for path in checkouts if file and (path / file).is_file()]
    if not found or build is None:
        return None
    sys.path.insert(0, str(found[0]))
    return build().eval()


def alternated(networks: dict[str, Network], image: Tensor, *, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of every round; the first call of each is left out."""
    times: dict[str, list[float]] = {name: [] for name in networks}
    with torch.inference_mode():
        for turn in range(rounds + 1):
            for name, network in networks.items():
                start = time.perf_counter()
                network(image)
                if turn:
                    times[name].append((time.perf_counter() - start) * 1e3)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", type=Path, action="append", default=[], help="a checkout of the authors' code")
    parser.add_argument("--build", action="append", default=[], metavar="CASE=MODULE:FUNCTION")
    parser.add_argument("--only", choices=list(CASES), action="append", help="these cases alone")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--quick", action="store_true", help="one round on small images")
    options = parser.parse_args()
    for path in options.reference:
        if not path.is_dir():
            parser.error(f"--reference {path} is no folder; give a checkout of the authors' code")
    torch.set_num_threads(options.threads)
    import_timm()  # before the authors' code imports torchvision by itself
    print("| model | size | ours: median, min (ms) | authors: median, min (ms) | ours / authors (median) |")
    print("|---|---|---|---|---|")
    for case, size_hw in CASES.items():
        if options.only and case not in options.only:
            continue
        networks: dict[str, Network] = {"ours": build_model(case, weights="random")}
        builders = dict(each.split("=", 1) for each in options.build)
        if theirs := reference_of(case, options.reference, builders):
            networks["authors"] = theirs
        image = torch.rand(1, 3, *(QUICK_HW if options.quick else size_hw))
        times = alternated(networks, image, rounds=1 if options.quick else options.rounds)
        print(row(case, tuple(image.shape[-2:]), times), flush=True)


def row(case: str, size_hw: tuple[int, int], times: dict[str, list[float]]) -> str:
    shown = {name: f"{statistics.median(each):.1f}, {min(each):.1f}" for name, each in times.items()}
    ratio = "-"
    if "authors" in times:
        ratio = f"{statistics.median(times['ours']) / statistics.median(times['authors']):.2f}"
    return f"| {case} | {size_hw[0]}x{size_hw[1]} | {shown['ours']} | {shown.get('authors', '-')} | {ratio} |"


if __name__ == "__main__":
    main()
