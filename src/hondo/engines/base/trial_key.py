"""What the result of a trial holds for: an architecture, a use, this machine and the installed versions."""

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from hondo.core.processor import hardware
from hondo.models.base.depth_model import DepthModel
from hondo.version import __version__


def trial_key(model: DepthModel, facts: Mapping[str, object]) -> str:
    """One trial for each architecture (not for its weights), use, machine and set of versions."""
    shapes = [(name, list(tensor.shape)) for name, tensor in model.state_dict().items()]
    facts_of_trial = [model.name, sorted(map(str, model.options.items())), shapes, facts, hardware(), _versions()]
    return hashlib.sha256(json.dumps(facts_of_trial, default=str).encode()).hexdigest()[:32]


def _versions() -> list[str]:
    found = [__version__]
    for package in ("torch", "openvino", "onnxruntime"):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"no {package}")
    return found
