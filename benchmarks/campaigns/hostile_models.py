"""Hostile checkpoints, ONNX and OpenVINO files through every loader: none is run, none reads another file.

python benchmarks/campaigns/hostile_models.py --json
"""

import io
import json
import os
import pickle
import struct
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from campaign import Options, Tally, in_child, main

from hondo.core.errors import HondoError
from hondo.engines.base.engine import ExportOptions
from hondo.engines.load import load
from hondo.engines.registry import ENGINES
from hondo.models.base.weights_file import save_model
from hondo.models.published.module_pickle import read_module_or_tensors
from hondo.models.registry.build_model import build_model

SECRET = np.full(4096, 7.0, np.float32).tobytes()
CANARY = "executed"
ODD: tuple[Any, ...] = (None, "", "x", -1, 0, 0.5, 1e400, 10**30, [], {}, [[]], True, [10**6, 10**6], "[" * 3000)
Made = tuple[str, bytes]


class _Runs:
    """Unpickled, it would write a file."""

    def __init__(self, call: Callable[..., object], *given: object) -> None:
        self.call, self.given = call, given

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call, self.given


def _pickles(rng: np.random.Generator) -> Made:
    calls = ((os.system, f"touch {CANARY}"), (exec, f"open({CANARY!r}, 'w')"), (eval, f"open({CANARY!r}, 'w')"),
             (Path.touch, Path(CANARY)), (os.mkdir, CANARY))  # fmt: skip
    call, *given = calls[rng.integers(len(calls))]
    content = {"state_dict": {"a": torch.zeros(2), "b": _Runs(call, *given)}}
    torch.save(content, file := io.BytesIO(), _use_new_zipfile_serialization=bool(rng.integers(2)))
    plain = pickle.dumps(content, protocol=int(rng.integers(2, 5)))
    return "a.pth", file.getvalue() if rng.integers(3) else plain


def _damaged_pickle(rng: np.random.Generator) -> Made:
    torch.save({"a": torch.zeros(20), "n": 3}, file := io.BytesIO())
    content = bytearray(file.getvalue())
    for _ in range(int(rng.integers(1, 8))):
        content[rng.integers(len(content))] = rng.integers(256)
    return "a.pth", bytes(content[: rng.integers(1, len(content))] if rng.integers(3) == 0 else content)


def _swelling(rng: np.random.Generator) -> Made:
    torch.save({"a": torch.zeros(2**20)}, file := io.BytesIO())
    with zipfile.ZipFile(file) as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(swollen := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return "encoder.pth", swollen.getvalue()


def _headers(rng: np.random.Generator) -> Made:
    """A checkpoint of hondo with one field of its description changed."""
    content = FILES["checkpoint"]
    length = int.from_bytes(content[:8], "little")
    outer = json.loads(content[8 : 8 + length])
    stored = json.loads(outer["__metadata__"]["hondo"])
    place = stored["input_spec"] if rng.integers(2) else stored
    fields = [*place, "strange"]
    place[fields[rng.integers(len(fields))]] = ODD[rng.integers(len(ODD))]
    outer["__metadata__"]["hondo"] = json.dumps(stored) if rng.integers(8) else "[" * 100_000
    text = json.dumps(outer).encode()
    return "a.safetensors", struct.pack("<Q", len(text)) + text + content[8 + length :]


def _onnx(rng: np.random.Generator) -> Made:
    """Weights outside, header fields changed, bytes damaged."""
    import onnx

    proto = onnx.load_from_string(FILES["onnx"])
    kind = rng.integers(3)
    if kind == 0:
        tensor = proto.graph.initializer[int(rng.integers(len(proto.graph.initializer)))]
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        location = ("secret.bin", "../secret.bin", str(Path.cwd() / "secret.bin"), "./secret.bin")[rng.integers(4)]
        for key, value in (("location", location), ("offset", "0")):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, value
    elif kind == 1:
        entry = next(each for each in proto.metadata_props if each.key == "hondo")
        stored = json.loads(entry.value)
        fields = list(stored)
        stored[fields[rng.integers(len(fields))]] = ODD[rng.integers(len(ODD))]
        entry.value = json.dumps(stored)
    content = bytearray(proto.SerializeToString())
    if kind == 2:
        for _ in range(int(rng.integers(1, 10))):
            content[rng.integers(len(content))] = rng.integers(256)
    return "a.onnx", bytes(content)


def _openvino(rng: np.random.Generator) -> Made:
    text = FILES["xml"]
    kind = rng.integers(4)
    if kind == 0:
        entity = b'<?xml version="1.0"?><!DOCTYPE net [<!ENTITY x SYSTEM "secret.bin">]>'
        return "a.xml", entity + text.partition(b"?>")[2].replace(b"name=", b'name="&x;" x=', 1)
    if kind == 1:
        return "a.xml", FILES["onnx"]  # another format under this suffix
    content = bytearray(text)
    for _ in range(int(rng.integers(1, 10))):
        content[rng.integers(len(content))] = rng.integers(32, 127)
    return "a.xml", bytes(content if kind == 2 else content[: rng.integers(1, len(content))])


MAKERS = (_pickles, _damaged_pickle, _swelling, _headers, _onnx, _openvino)
FILES: dict[str, bytes] = {}


def run(options: Options) -> Tally:
    """Each file in a folder beside a secret, loaded in a child that may crash."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        _make(folder)
        os.chdir(folder)
        (folder / "secret.bin").write_bytes(SECRET)
        for number in range(options.count):
            if options.is_over:
                break
            maker = MAKERS[number % len(MAKERS)]
            name, content = maker(np.random.default_rng([options.seed, number]))
            (folder / name).write_bytes(content)
            ended = in_child(lambda name=name: _load(folder / name), seconds=30)
            what = f"{maker.__name__.strip('_')} {number}"
            if (folder / CANARY).exists():
                tally.fault(f"{what}: its code was run")
                (folder / CANARY).rmdir() if (folder / CANARY).is_dir() else (folder / CANARY).unlink()
            elif ended.died:
                tally.fault(f"{what}: the process died of {ended.died}")
            elif ended.result.startswith("fault"):
                tally.fault(f"{what}: {ended.result}")
            else:
                tally.count(ended.result)
    return tally


def _make(folder: Path) -> None:
    """Whole files, which the hostile ones are made from."""
    model = build_model("unet", weights="random", encoder="light", width=0.25, size_hw=(64, 96)).eval()
    FILES["checkpoint"] = save_model(model, folder / "w.safetensors", licence="", training={}).read_bytes()
    FILES["onnx"] = ENGINES["onnx"].export(model, folder / "w.onnx", ExportOptions()).read_bytes()
    FILES["xml"] = ENGINES["openvino"].export(model, folder / "a.xml", ExportOptions()).read_bytes()  # its .bin stays


def _load(path: Path) -> str:
    warnings.simplefilter("ignore")
    try:
        if path.suffix == ".pth":
            read_module_or_tensors(path)
        else:
            depth = load(path, engine="auto" if path.suffix != ".safetensors" else "torch", precision="fp32")(
                np.zeros((32, 48, 3), np.uint8)
            )
            if np.isclose(depth.values, 7.0).mean() > 0.5:
                return "fault: the secret is in its depth"
    except HondoError as error:
        return "refused" if "\n" not in str(error) else f"fault: not one line: {error}"
    except BaseException as error:  # every other class is a fault
        return f"fault: {error!r}"[:250]
    return "loaded, harmless"


if __name__ == "__main__":
    main("hostile_models", run, asks="none run, none reads another file, refused in one line", count=400, quick=36)
