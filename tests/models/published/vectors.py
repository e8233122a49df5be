"""Checkpoints in the authors' formats, with weights that are the same on every machine, and what they then compute."""

import importlib.util
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor


def write_checkpoint(
    reference: Path, name: str, folder: Path, *, wrap: Callable[[dict[str, Tensor]], Any] = lambda state: state
) -> Path:
    """The file (the folder, where the model is published as several) of a vector's model; ``wrap`` as authors do it."""
    files = json.loads((reference / f"{name}.json").read_text())["files"]
    for file, shapes in files.items():
        torch.save(wrap(deterministic_state(reference, shapes)), folder / file)
    return folder / next(iter(files)) if len(files) == 1 else folder


def deterministic_state(reference: Path, shapes: Mapping[str, list[int]]) -> dict[str, Tensor]:
    """The same values for the same key and shape, on any machine."""
    fill = _fill(reference)
    return {key: torch.from_numpy(np.asarray(fill(key, shape))) for key, shape in shapes.items()}


def load_vectors(reference: Path, name: str) -> dict[str, Tensor]:
    """Inputs (``in_...``) and the authors' outputs (``out_...``) of a vector."""
    with np.load(reference / f"{name}.npz") as arrays:
        return {key: torch.from_numpy(arrays[key]) for key in arrays.files}


def relative_difference(ours: Tensor, theirs: Tensor) -> float:
    """max |ours - theirs| over max |theirs|."""
    assert ours.shape == theirs.shape, f"{tuple(ours.shape)} against {tuple(theirs.shape)}"
    return float((ours - theirs).abs().max() / theirs.abs().max())


def _fill(reference: Path) -> Callable[[str, Any], np.ndarray]:
    spec = importlib.util.spec_from_file_location("deterministic_weights", reference / "deterministic_weights.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.fill
