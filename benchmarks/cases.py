"""Runs the cases of public bug reports (inputs and behaviour) from a folder and says which behave.

    python benchmarks/cases.py FOLDER [--only NAME ...] [--verbose]

FOLDER holds ``inputs/NAME`` and ``behaviour/NAME`` with small files or a ``run.sh``. They are copied to a temporary
folder, since they write beside themselves. A case behaves if nothing ends in a traceback, every expected text appears
and no forbidden one does. Exit code 1 if a case does not.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HONDO = Path(sys.executable).parent / "hondo"
IMAGE = next((ROOT / "src/hondo/assets/clip/images").iterdir())
TIMEOUT_S = 1800
# Not those of the little programs inside the scripts, which look for files that a refusal does not write.
TRACEBACK = re.compile(r"Traceback \(most recent call last\):\n  File \"(?!<string>|<stdin>)")
# Modules that the scripts import by the names that they had when the reports were written.
MOVED = {
    "hondo.images.io": "hondo.images.read",
    "hondo.geometry.ply": "hondo.geometry.point_cloud",
    "hondo.models.zoo": "hondo.models.registry.build_model",
    "hondo.data.frames": "hondo.data.datasets.clip",
    "s.pictures": "s.images",
    "--engine onnx_runtime": "--engine onnx",
    "PYTHONPATH=$here": f"PYTHONPATH=$here:{ROOT / 'src'}",  # this checkout, whichever is installed
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """``expected`` and ``forbidden``: regular expressions over all that the commands print (with their exit codes)."""

    folder: str
    commands: tuple[str, ...] = ()  # none: the folder's own run.sh
    probe: str = ""  # written into the folder as probe.py
    expected: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()


def behaviour(name: str, *commands: str, **right: Any) -> Case:
    return Case(folder=f"behaviour/{name}", commands=commands, **right)


def inputs(name: str, *commands: str, **right: Any) -> Case:
    return Case(folder=f"inputs/{name}", commands=commands, **right)


PICTURES = """
import numpy as np, hondo
from PIL import Image
p = hondo.load("hondo-nano", engine="torch")
same = lambda f: bool(np.allclose(p(f).values, p(Image.open(f)).values, rtol=1e-3))
print("same:", same("grey16.png"), same("rgba.png"))
"""
# Ctrl-C at moments spread over the CPU time of a cold command that converts its model: 130 and one line, or 0 where it
# was done before.
INTERRUPTS = """
import os, signal, subprocess, tempfile, time
def cpu_s(process):
    fields = open(f"/proc/{process}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
def run(stop_at):
    with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryFile("w+") as output:
        command = ["hondo", "predict", "IMAGE", "--engine", "openvino", "--precision", "fp32", "--out", "o"]
        started = subprocess.Popen(command, env=os.environ | {"HONDO_CACHE": cache}, stdout=output, stderr=output)
        used = 0.0
        while started.poll() is None:
            used = max(used, cpu_s(started.pid))
            if used >= stop_at:
                started.send_signal(signal.SIGINT)
                stop_at = float("inf")
            time.sleep(0.02)
        output.seek(0)
        text = output.read()
    is_right = started.returncode == 0 or (started.returncode == 130 and text.rstrip().endswith("hondo: stopped"))
    print(f"after {used:.1f} s: exit {started.returncode}", "right" if is_right else "wrong: " + text[-2000:])
    return used
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background, and so inherited
whole = run(float("inf"))
for part in range(1, 11):
    run(whole * part / 11)
"""
CHECKPOINTS = """
import pathlib, runpy, numpy as np, hondo
runpy.run_path("make.py")
options = {"encoder_widths": (8, 8, 8, 16, 8, 24, 8, 8, 8, 8, 8, 16, 8, 8), "decoder_widths": (16, 8)}
depth = {}
for path in sorted(pathlib.Path(".").glob("*.pth")):
    try:
        predictor = hondo.load("fastdepth", weights=path, engine="torch", precision="fp32", **options)
        depth[path.stem] = predictor("IMAGE").values
    except hondo.HondoError as error:
        print(path.stem, "refused:", error)
for name, values in depth.items():
    print(name, "read, differs by", round(float(np.abs(values - depth["plain"]).max() / depth["plain"].max()), 3))
"""
SEEDED = """
import sys; sys.path.insert(0, "..")
from dataclasses import replace
import synth, torch
from hondo.recipes.pipeline import run
from hondo.recipes.video_recipes import video
synth.write_clip("w", n=9, hw=(96, 144), f=125)
base = video()
recipe = replace(base, data=replace(base.data, root="w", size_hw=(64, 96)), optim=replace(base.optim, max_steps=5),
                 batches=replace(base.batches, batch_size=2), loop=replace(base.loop, show_progress=False))
states = [run(recipe).model.state_dict() for _ in range(6)]
print("same:", all(torch.equal(state[name], states[0][name]) for state in states for name in state))
"""
CHECK = "hondo data check --data rgbd --root"
FRAMES = "hondo data check --data frames --root"
TRAIN = "--optim.max-steps 2 --batches.batch-size 2 --loop.show-progress False"
CASES = (
    inputs("pil_16bit", "python probe.py", probe=PICTURES, expected=(r"same: True True",)),
    inputs("exif_pair", f"{CHECK} o3_80x60.csv", f"{CHECK} o6_64x64.csv", expected=(r"[Oo]rientation|EXIF",)),
    inputs("far_sentinels", f"{CHECK} blender.csv", "hondo evaluate pred --data rgbd --root blender.csv",
           expected=(r"far|unknown|sentinel",), forbidden=(r"\d{6,}\.\d",)),
    inputs("index_pairing", f"{FRAMES} nyu --data-option depth_every=1", expected=(r"9|number|name",)),
    inputs("frame_order", "hondo predict frames --out o", "python -c \"import json;"
           "print([i['source'].rsplit('/')[-1] for i in json.load(open('o/predictions.json'))['items']][:4])\"",
           expected=(r"\['1\.png', '2\.png', '3\.png'",)),
    inputs("mixed_folder", f"{FRAMES} seq-01", "hondo predict seq-01 --out o", expected=(r"4 (samples|depth maps)",)),
    inputs("intrinsics_json", *(f"{FRAMES} . --data-option camera={file}" for file in
           ("text_numbers.json", "text_px.json", "bom.json", "utf16.json")), forbidden=(r"ufeff",)),
    inputs("normalised_K", "hondo predict images/000000.jpg --save ply --camera 0.58,1.92,0.5,0.5 --out o",
           expected=(r"width and height|normalised|divided",), forbidden=(r"rc=0",)),
    inputs("blender_exr_layers", f"{CHECK} layers.csv", f"{CHECK} position.csv", forbidden=(r"1\.000 to 1\.000",)),
    inputs("thumbnail_first", "hondo predict drone.mp4 --out o", expected=(r"10 depth maps",)),
    inputs("odd_encodings", f"{CHECK} utf16.csv", f"{CHECK} latin1.csv", f"{CHECK} backslash.csv",
           "hondo data splits train_files_utf16.txt"),
    inputs("lfs_pointer", "hondo predict IMAGE --model depth-anything-s --weights depth_anything_v2_vits.pth --out o",
           "hondo predict IMAGE --model fastdepth --weights page.pth --out o",
           expected=(r"Git LFS pointer", r"web page")),
    inputs("hf_safetensors", "hondo predict IMAGE --model depth-anything-s --out o --weights "
           "Depth-Anything-V2-Small-hf/model.safetensors", forbidden=(r"give the model's name and the file",)),
    inputs("npy_forms", f"{CHECK} depthpro_npz.csv", f"{CHECK} diode_npy.csv", forbidden=(r"give one of JPEG",)),
    inputs("midas_predictions", "hondo evaluate pfm_only --data rgbd --root manifest.csv "
           "--pred-kind relative_inverse_depth --align scale-shift", forbidden=(r"is no run folder",)),
    inputs("picture_kinds", "hondo predict batch --out o", expected=(r"(?i)heic",)),
    inputs("ckpt_forms", "python probe.py", probe=CHECKPOINTS, expected=(r"\bfp16 read", r"bf16 read", r"wrapped read"),
           forbidden=(r"RuntimeError", r"(fp64|dp_wrapped|compiled|ema) read, differs by 0\.[1-9]")),
    inputs("da_v1_in_v2", "python make.py depth_anything_vits14.pth",
           "hondo predict IMAGE --model depth-anything-s --weights depth_anything_vits14.pth --out o",
           expected=(r"V1",)),
    behaviour("c10_onnx_shapes_batch", "bash run.sh",
              "hondo export hondo-nano --to openvino --size 192x288 --batch 4 --out w/four.xml",
              "hondo predict $HONDO/src/hondo/assets/clip/images --model w/four.xml --out w/o4",
              expected=(r"w/da_dyn\.onnx \(", r"\(364, 252\) batch 1 ok .*; batch 3 \(3, 1, 364, 252\)",
                        r"exported for a batch of 1, not 4; export it with --batch 4, or with --dynamic",
                        r"200x300 must be a positive multiple of 32: the nearest are 192x288 and 224x320",
                        r"w/four\.xml \(", r"depth maps"), forbidden=(r"Traceback",)),
    behaviour("f01_implausible_intrinsics", expected=(r"rc=[12]",)),
    behaviour("f02_distortion_ignored", expected=(r"(?i)undistort|distortion",)),
    behaviour("f03_data_option_camera"),
    behaviour("f04_many_sequences", expected=(r"rc=0",), forbidden=(r"unrecognized|no images",)),
    behaviour("f05_stereo", expected=(r"rc=0|baseline",)),
    behaviour("f06_nothing_to_learn", expected=(r"(?i)motion|stand|still|flat|parallax",)),
    behaviour("f07_depth_files_as_frames", forbidden=(r"depth\.png'",)),
    behaviour("f08_mixed_sizes"),
    behaviour("f09_text_encodings", forbidden=(r"ufeff",)),
    behaviour("f10_resume_poisoned"),
    behaviour("f12_out_of_memory", expected=(r"(?i)memory",)),
    behaviour("f14_video_rate_sound_faststart", expected=(r"film\.depth\.mp4 rate 24000/1001 steps \['1001/24000'\] "
              r"moov first True \['video', 'audio'\]",)),
    behaviour("f15_png16_factor_per_frame", expected=(r"\[(\d+)(, \1)+\]",)),
    behaviour("f16_video_suffixes", expected=(r"(?s)(6 depth maps.*){3}",), forbidden=(r"no image hondo can read",)),
    behaviour("f17_train_unpacks_whole_video"),
    behaviour("f18_appledouble_links_brackets", expected=(r"1 depth map",)),
    behaviour("f19_unchecked_numbers"),
    behaviour("f20_metres_and_size_of_a_run"),
    behaviour("f21_predictions_of_others", forbidden=(r"is no run folder",)),
    behaviour("f22_ctrl_c_at_start", "python probe.py", probe=INTERRUPTS, expected=(r"exit 130 right",),
              forbidden=(r"wrong",)),
    behaviour("f23_seeded_run_differs", "python probe.py", probe=SEEDED, expected=(r"same: True",)),
)  # fmt: skip


def run_case(case: Case, *, folder: Path) -> tuple[list[str], str]:
    """What is wrong with a case (nothing if it behaves), and all that it printed."""
    path = folder / case.folder
    if not path.is_dir():
        return [f"{path} does not exist"], ""
    script = "\n".join(f"{command} 2>&1; echo rc=$?" for command in case.commands)
    if case.probe:
        (path / "probe.py").write_text(case.probe.replace("IMAGE", str(IMAGE)))
    text = script.replace("IMAGE", str(IMAGE)) if script else "bash run.sh"
    environment = os.environ | {
        "HONDO": str(HONDO.parents[2]), "HONDO_TRIAL": "0", "NO_COLOR": "1",
        "PATH": f"{HONDO.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "src"),
    }  # fmt: skip
    try:
        result = subprocess.run(
            ["bash", "-c", text],
            cwd=path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            errors="replace",
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return [f"takes longer than {TIMEOUT_S} s"], ""
    printed = result.stdout + result.stderr
    faults = ["ends in a traceback"] if TRACEBACK.search(printed) else []
    faults += [f"does not print {pattern!r}" for pattern in case.expected if not re.search(pattern, printed)]
    faults += [f"prints {pattern!r}" for pattern in case.forbidden if re.search(pattern, printed)]
    return faults, printed


def with_moved_modules(folder: Path) -> None:
    """The scripts of the cases with today's names of modules."""
    for path in folder.rglob("*"):
        if path.suffix in (".sh", ".py") and path.is_file():
            text = path.read_text()
            for old, new in MOVED.items():
                text = text.replace(old, new)
            text = re.sub(r"TAIL=\d+", "TAIL=80", text)  # a traceback is known by its first line
            path.chmod(0o755)
            path.write_text(text)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=[], help="names of cases")
    parser.add_argument("--verbose", action="store_true", help="prints what each case printed")
    arguments = parser.parse_args()
    chosen = [case for case in CASES if not arguments.only or Path(case.folder).name in arguments.only]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="hondo-cases-") as temporary:
        copy = Path(temporary) / "cases"
        shutil.copytree(arguments.folder, copy, copy_function=shutil.copyfile)
        subprocess.run(["chmod", "-R", "u+rwX", str(copy)], check=True)
        with_moved_modules(copy)
        for case in chosen:
            faults, printed = run_case(case, folder=copy)
            failed += bool(faults)
            print(f"{'ok  ' if not faults else 'FAIL'} {case.folder} {'; '.join(faults)}", flush=True)
            if arguments.verbose:
                print(printed)
    print(f"{len(chosen) - failed} of {len(chosen)} cases behave")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
