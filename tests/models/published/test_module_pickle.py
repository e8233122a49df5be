"""Files that pickle whole modules: their tensors are found, and nothing that they name is imported or run."""

import argparse
import os
import pickle
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.models.published.module_pickle import read_module, read_module_or_tensors

# torch looks for the source code of a class that it pickles, and says so where there is none.
pytestmark = pytest.mark.filterwarnings("ignore:Couldn't retrieve source code", "ignore:.*torch.jit:DeprecationWarning")


@pytest.fixture
def authors() -> Iterator[type[nn.Module]]:
    """A module class of a package that only its authors have: gone when the file is read."""

    class Theirs(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU6())
            self.shared = self.conv[0].weight
            self.register_buffer("grid", torch.arange(4.0))
            self.register_buffer("fleeting", torch.zeros(2), persistent=False)
            self.act = nn.functional.relu

    Theirs.__module__, Theirs.__qualname__ = "their_models", "Theirs"
    package = ModuleType("their_models")
    package.Theirs = Theirs  # type: ignore[attr-defined]
    sys.modules["their_models"] = package
    yield Theirs
    sys.modules.pop("their_models", None)


def equal(read: dict[str, Tensor], state: dict[str, Tensor]) -> bool:
    return read.keys() == state.keys() and all(torch.equal(read[key], state[key]) for key in state)


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "before-1.6"])
@pytest.mark.parametrize("wrap", [lambda m: m, lambda m: {"epoch": 3, "model": m}], ids=["plain", "model"])
def test_tensors_are_those_of_the_state_dict(
    authors: type[nn.Module], tmp_path: Path, is_zip: bool, wrap: Callable[[nn.Module], Any]
) -> None:
    module = authors()
    torch.save(wrap(module), tmp_path / "w.pth.tar", _use_new_zipfile_serialization=is_zip)
    del sys.modules["their_models"]
    read = read_module_or_tensors(tmp_path / "w.pth.tar")
    assert equal(read, module.state_dict())
    assert read["conv.1.num_batches_tracked"].dtype == torch.int64
    assert "their_models" not in sys.modules


def test_what_training_scripts_leave_beside_the_module_is_passed_over(authors: type[nn.Module], tmp_path: Path) -> None:
    module = nn.DataParallel(authors())
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9)
    sum(parameter.sum() for parameter in module.parameters()).backward()
    optimizer.step()
    float_precision = {
        "args": argparse.Namespace(arch="mobilenet", size=(224, 224)),
        "best": np.float64(0.6),
        "array": np.arange(3),
        "optimizer": optimizer,
        "device": torch.device("cpu"),
        "names": {"a", "b"},
    }
    torch.save(float_precision | {"model": module}, tmp_path / "w.pth.tar", _use_new_zipfile_serialization=False)
    assert equal(read_module(tmp_path / "w.pth.tar"), module.module.state_dict())


def test_views_of_a_storage_keep_their_place_and_stride(tmp_path: Path) -> None:
    whole = torch.arange(12.0).view(3, 4)
    state = {"row": whole[1], "turned": whole.t(), "half": whole.half(), "empty": torch.empty(0, 3)}
    torch.save(state, tmp_path / "w.pt")
    assert equal(read_module(tmp_path / "w.pt"), state)


class Call:
    """Pickles as a call of any function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.function, self.arguments


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "before-1.6"])
@pytest.mark.parametrize(
    "function", [os.system, eval, exec, os.mkdir, __import__, getattr, Path.touch], ids=lambda f: f.__name__
)
def test_a_malicious_file_runs_nothing_and_is_refused(
    authors: type[nn.Module], tmp_path: Path, is_zip: bool, function: Callable[..., Any]
) -> None:
    mark = tmp_path / "ran"
    arguments = {
        os.system: (f"touch '{mark}'",),
        eval: (f"open({str(mark)!r}, 'w')",),
        exec: (f"open({str(mark)!r}, 'w')",),
        os.mkdir: (str(mark),),
        __import__: ("this",),
        getattr: ("", "join"),
        Path.touch: (mark,),
    }[function]
    content = {"model": authors(), "extra": Call(function, *arguments)}
    torch.save(content, tmp_path / "w.pt", _use_new_zipfile_serialization=is_zip)
    with pytest.raises(HondoError, match=r"w\.pt asks to call .*save the weights alone") as caught:
        read_module_or_tensors(tmp_path / "w.pt")
    assert "\n" not in str(caught.value) and not mark.exists() and "this" not in sys.modules


def test_a_bare_pickle_runs_nothing_either(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        (tmp_path / "w.pt").write_bytes(pickle.dumps(Call(os.mkdir, str(mark)), protocol=protocol))
        with pytest.raises(HondoError):
            read_module(tmp_path / "w.pt")
    assert not mark.exists()


def test_an_instance_opcode_runs_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    (tmp_path / "w.pt").write_bytes(f"(V{mark}\nios\nmkdir\n.".encode())
    with pytest.raises(HondoError, match=r"asks to call os\.mkdir"):
        read_module(tmp_path / "w.pt")
    assert not mark.exists()


def test_a_file_cannot_reach_beyond_its_storage(tmp_path: Path) -> None:
    state = {"a": torch.arange(4.0)}
    torch.save(state, tmp_path / "w.pt", _use_new_zipfile_serialization=False)
    data = (tmp_path / "w.pt").read_bytes()
    assert data.count(b"K\x04\x85") == 1  # the size (4,)
    (tmp_path / "w.pt").write_bytes(data.replace(b"K\x04\x85", b"K\x63\x85"))
    with pytest.raises(HondoError, match="could not be read"):
        read_module(tmp_path / "w.pt")


@pytest.mark.parametrize(
    "content", [{"epoch": 3}, [1, 2], OrderedDict(), {"model": nn.ReLU()}], ids=["numbers", "list", "empty", "relu"]
)
def test_a_file_without_weights_is_refused(tmp_path: Path, content: Any) -> None:
    torch.save(content, tmp_path / "w.pt")
    with pytest.raises(HondoError, match=r"no module with weights|could not be read"):
        read_module(tmp_path / "w.pt")


def test_cut_and_foreign_files_are_refused(authors: type[nn.Module], tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    for is_zip in (True, False):
        torch.save(authors(), path, _use_new_zipfile_serialization=is_zip)
        whole = path.read_bytes()
        for share in (0.0, 0.1, 0.5, 0.95):
            path.write_bytes(whole[: int(share * len(whole))])
            with pytest.raises(HondoError):
                read_module_or_tensors(path)


def test_a_program_of_torchscript_is_refused(tmp_path: Path) -> None:
    torch.jit.save(torch.jit.trace(nn.Linear(2, 2), torch.zeros(1, 2)), tmp_path / "w.pt")
    with pytest.raises(HondoError, match="TorchScript"):
        read_module(tmp_path / "w.pt")
