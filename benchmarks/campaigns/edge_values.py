"""Numbers and sizes at the edge through models, losses, metrics and alignment: finite, or a clear error.

python benchmarks/campaigns/edge_values.py --json
"""

import math
import warnings
from collections.abc import Callable
from functools import partial
from itertools import product

import numpy as np
import torch
from campaign import Options, Tally, main
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.engines.base.predictor import NetworkPredictor
from hondo.engines.load import load
from hondo.evaluate.accuracy.score import score
from hondo.losses.terms import TERMS, Term
from hondo.models.registry.build_model import build_model

SIZES = ((1, 1), (1, 500), (500, 1), (2, 3), (33, 47), (480, 640))
LARGE = ((4096, 8192),)
MODELS = ("hondo-nano", "unet-light")
SIZE_HW = (16, 24)
KNOWN = {"depth", "depth_gt", "inv_depth", "inv_depth_gt", "is_valid", "image", "K"}  # what terms are given here
K = torch.tensor([[[20.0, 0, 12], [0, 20, 8], [0, 0, 1]]])


def images(size_hw: tuple[int, int]) -> dict[str, np.ndarray]:
    """Images without anything in them, and noise."""
    noise = np.random.default_rng(0).integers(0, 256, (*size_hw, 3), dtype=np.uint8)
    return {"black": np.zeros((*size_hw, 3), np.uint8), "white": np.full((*size_hw, 3), 255, np.uint8), "noise": noise}


def maps() -> dict[str, np.ndarray]:
    """Depth maps with values that depth does not have."""
    plain = np.linspace(1, 9, math.prod(SIZE_HW), dtype=np.float32).reshape(SIZE_HW)
    some = plain.copy()
    some[::3] = np.nan
    endless = plain.copy()
    endless[::4] = np.inf
    return {
        "plain": plain, "some NaN": some, "some inf": endless, "all NaN": np.full(SIZE_HW, np.nan, np.float32),
        "zero": np.zeros(SIZE_HW, np.float32), "negative": -plain, "constant": np.full(SIZE_HW, 3, np.float32),
        "tiny": plain * np.float32(1e-38), "huge": plain * np.float32(1e37),
    }  # fmt: skip


def run(options: Options) -> Tally:
    """All of them once; the largest images only at full size."""
    warnings.simplefilter("ignore")
    tally = Tally()
    with np.errstate(all="ignore"):
        _models(tally, SIZES if options.quick else SIZES + LARGE)
        _metrics(tally)
        _losses(tally)
    return tally


def _judge(tally: Tally, what: str, call: Callable[[], bool]) -> None:
    """``call`` says whether what came is finite."""
    try:
        tally.count("finite") if call() else tally.fault(f"{what}: a NaN came out")
    except HondoError as error:
        tally.count("refused") if "\n" not in str(error) else tally.fault(f"{what}: not one line: {error}")
    except Exception as error:  # every other class is a fault
        tally.fault(f"{what}: {error!r}")


def _models(tally: Tally, sizes: tuple[tuple[int, int], ...]) -> None:
    for name in MODELS:
        weights = None if name == "hondo-nano" else "random"
        predictor = load(build_model(name, weights=weights).eval(), engine="torch", precision="fp32")
        for size_hw in sizes:
            for kind, image in images(size_hw).items():
                _judge(tally, f"{name}, {kind} image of {size_hw}", partial(_is_finite, predictor, image))


def _is_finite(predictor: NetworkPredictor, image: np.ndarray) -> bool:
    values = predictor(image).values
    return values.shape == image.shape[:2] and bool(np.isfinite(values).all())


def _metrics(tally: Tally) -> None:
    """A metric may be refused, never be NaN: one NaN would be averaged into a report."""
    for (pred_name, pred), (gt_name, gt), align in product(maps().items(), maps().items(), ("none", "median", "scale")):

        def is_finite(pred: np.ndarray = pred, gt: np.ndarray = gt, align: str = align) -> bool:
            scores = score(pred, gt, protocol="dense", align=align, skip_nan=True)
            return all(math.isfinite(value) for value in scores.values())

        _judge(tally, f"score of {pred_name} by {gt_name}, {align}", is_finite)


def _losses(tally: Tally) -> None:
    """Terms that compare depth with labels, at the edges of both; the gradient too."""
    plain = torch.linspace(1, 9, math.prod(SIZE_HW)).reshape(1, 1, *SIZE_HW)
    every = plain > 0
    cases = {
        "equal": (plain, every), "none valid": (plain, ~every), "one valid": (plain, plain == plain.max()),
        "constant": (torch.full_like(plain, 3.0), every), "far": (plain * 1e4, every), "near": (plain * 1e-4, every),
        "unknown is NaN": (torch.where(plain > 5, plain, math.nan), plain > 5),
    }  # fmt: skip
    for name, term in TERMS.items():
        if not {"is_valid"} <= set(term.reads) or set(term.reads) - KNOWN:
            continue
        for kind, (gt, valid) in cases.items():

            def is_finite(term: Term = term, gt: Tensor = gt, valid: Tensor = valid) -> bool:
                pred = plain.clone().requires_grad_()
                values = {"depth": pred, "depth_gt": gt, "inv_depth": 1 / pred, "inv_depth_gt": 1 / gt}
                values |= {"is_valid": valid, "image": torch.rand(1, 3, *SIZE_HW), "K": K}
                loss = term(values)
                if loss.requires_grad:
                    loss.backward()
                return bool(loss.isfinite()) and (pred.grad is None or bool(pred.grad.isfinite().all()))

            _judge(tally, f"loss {name}, {kind}", is_finite)


if __name__ == "__main__":
    main("edge_values", run, asks="finite or a clear error, never a NaN", count=1, quick=1)
