"""Where published weights can be fetched: the files of each named model, and where they lie. Imports no torch."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, unquote, urlsplit


@dataclass(frozen=True, kw_only=True)
class HubFile:
    """A file in a model repository of Hugging Face, whose metadata state its size and SHA-256."""

    repo: str
    file: str

    @property
    def name(self) -> str:
        """The file's own name."""
        return PurePosixPath(self.file).name

    @property
    def url(self) -> str:
        """What a browser fetches."""
        return f"https://huggingface.co/{self.repo}/resolve/main/{self.file}"


@dataclass(frozen=True, kw_only=True)
class Link:
    """A file at a plain address. ``sha256``: its start, where the authors state it (torch.hub: in the name)."""

    url: str
    sha256: str = ""

    @property
    def name(self) -> str:
        """The file's own name."""
        return PurePosixPath(unquote(urlsplit(self.url).path)).name


Source = HubFile | Link


@dataclass(frozen=True, kw_only=True)
class Release:
    """Published weights as the cache keeps them, under ``label``: one file, or the files of a zip archive.

    ``sources`` are tried in this order. ``members``: what an archive must hold, ``extras``: what it may.
    ``options``: of the model's builder, which hold for these weights. ``terms``: the address of the licence's text.
    """

    label: str
    sources: tuple[Source, ...]
    terms: str
    members: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


APACHE, CC_BY_NC = (
    "https://www.apache.org/licenses/LICENSE-2.0.txt",
    "https://creativecommons.org/licenses/by-nc/4.0/legalcode.txt",
)
_FILES = "https://raw.githubusercontent.com"


def _depth_anything(size: str, letter: str, *, data: str = "", scenes: str = "") -> tuple[Release, ...]:
    """Version 2 of a size; with ``data`` the metric model: the authors' file, else the port of `transformers`."""
    label = f"depth_anything_v2_{f'metric_{data.lower()}_' if data else ''}vit{letter}"
    authors = f"depth-anything/Depth-Anything-V2-{f'Metric-{data}-' if data else ''}{size}"
    port = f"depth-anything/Depth-Anything-V2-{f'Metric-{scenes}-' if data else ''}{size}-hf"
    sources = HubFile(repo=authors, file=f"{label}.pth"), HubFile(repo=port, file="model.safetensors")
    return (Release(label=label, sources=sources, terms=APACHE if letter == "s" else CC_BY_NC),)


def _indoor(size: str, letter: str) -> tuple[Release, ...]:
    return _depth_anything(size, letter, data="Hypersim", scenes="Indoor")


def _outdoor(size: str, letter: str) -> tuple[Release, ...]:
    return _depth_anything(size, letter, data="VKITTI", scenes="Outdoor")


def _dpt(file: str, sha256: str = "") -> tuple[Release, ...]:
    link = Link(url=f"https://github.com/isl-org/DPT/releases/download/1_0/{file}", sha256=sha256)
    terms = f"{_FILES}/isl-org/DPT/main/LICENSE"
    return (Release(label=file.removesuffix(".pt"), sources=(link,), terms=terms),)


_NIANTIC = "https://storage.googleapis.com/niantic-lon-static/research"
_DEPTH, _POSE = ("encoder.pth", "depth.pth"), ("pose_encoder.pth", "pose.pth")


def _monodepth2(labels: Iterable[str]) -> tuple[Release, ...]:
    """Stereo pairs give metres: their baseline is known."""
    return tuple(
        Release(
            label=label,
            sources=(Link(url=f"{_NIANTIC}/monodepth2/{quote(label)}.zip"),),
            terms=f"{_FILES}/nianticlabs/monodepth2/master/LICENSE",
            members=_DEPTH,
            extras=_POSE,
            options={"stereo": "stereo" in label},
        )
        for label in labels
    )


def _manydepth(labels: Iterable[str]) -> tuple[Release, ...]:
    return tuple(
        Release(
            label=label,
            sources=(Link(url=f"{_NIANTIC}/manydepth/models/{label}.zip"),),
            terms=f"{_FILES}/nianticlabs/manydepth/master/LICENSE",
            members=(*_DEPTH, *_POSE),
        )
        for label in labels
    )


def _fastdepth(label: str) -> tuple[Release, ...]:
    link = Link(url=f"http://datasets.lids.mit.edu/fastdepth/results/{label}.pth.tar")
    return (Release(label=label, sources=(link,), terms=f"{_FILES}/dwofk/fast-depth/master/LICENSE"),)


def _glpn(data: str) -> tuple[Release, ...]:
    file = HubFile(repo=f"vinvino02/glpn-{data}", file="pytorch_model.bin")
    return (Release(label=f"glpn_{data}", sources=(file,), terms="https://github.com/vinvino02/GLPDepth"),)


_MONO = ("mono_640x192", "mono_1024x320", "mono_no_pt_640x192")
_MONO_STEREO = ("mono+stereo_640x192", "mono+stereo_1024x320", "mono+stereo_no_pt_640x192")
_STEREO = ("stereo_640x192", "stereo_1024x320", "stereo_no_pt_640x192")
_MANYDEPTH = _manydepth(("KITTI_MR", "KITTI_HR", "CityScapes_MR"))

# By model; the first release that agrees with the options is the default. A model that is not here has no address
# that is known for sure: its weights are fetched by hand from the page that its origin names.
RELEASES: dict[str, tuple[Release, ...]] = {
    "manydepth": _MANYDEPTH,
    "manydepth-pose": _MANYDEPTH,
    "monodepth2": _monodepth2((*_MONO, *_STEREO, *_MONO_STEREO)),
    "monodepth2-resnet50": _monodepth2(("mono_resnet50_640x192", "mono_resnet50_no_pt_640x192")),
    "monodepth2-pose": tuple(
        Release(label=each.label, sources=each.sources, terms=each.terms, members=each.members, extras=each.extras)
        for each in _monodepth2((*_MONO, *_MONO_STEREO))
    ),
    "depth-anything-s": _depth_anything("Small", "s"),
    "depth-anything-s-indoor": _indoor("Small", "s"),
    "depth-anything-s-outdoor": _outdoor("Small", "s"),
    "depth-anything-b": _depth_anything("Base", "b"),
    "depth-anything-b-indoor": _indoor("Base", "b"),
    "depth-anything-b-outdoor": _outdoor("Base", "b"),
    "depth-anything-l": _depth_anything("Large", "l"),
    "depth-anything-l-indoor": _indoor("Large", "l"),
    "depth-anything-l-outdoor": _outdoor("Large", "l"),
    "dpt-hybrid": _dpt("dpt_hybrid-midas-501f0c75.pt", sha256="501f0c75"),
    "dpt-hybrid-kitti": _dpt("dpt_hybrid_kitti-cb926ef4.pt"),
    "dpt-hybrid-nyu": _dpt("dpt_hybrid_nyu-2ce69ec7.pt"),
    "dpt-large": _dpt("dpt_large-midas-2f21e586.pt", sha256="2f21e586"),
    "fastdepth": _fastdepth("mobilenet-nnconv5dw-skipadd"),
    "fastdepth-pruned": _fastdepth("mobilenet-nnconv5dw-skipadd-pruned"),
    "glpn-kitti": _glpn("kitti"),
    "glpn-nyu": _glpn("nyu"),
}


def choose(model: str, *, label: str | None = None, options: Mapping[str, Any]) -> Release | None:
    """The release of that label, else the first that agrees with the options; None where the model has none such."""
    for release in RELEASES.get(model, ()):
        agrees = all(options.get(key, value) == value for key, value in release.options.items())
        if release.label == label or (label is None and agrees):
            return release
    return None
