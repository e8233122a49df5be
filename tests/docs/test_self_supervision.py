"""The commands of docs/self-supervision.md run, on the embedded clip and on rendered pairs, for two steps each."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from hondo.cli.main import main
from hondo.data.datasets.embedded_clip import embedded_clip
from hondo.images.pixels import tensor_to_rgb8
from hondo.images.read import read_image, write_image
from hondo.images.video_writer import VideoWriter
from hondo.synthetic.scenes import SyntheticScenes

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "self-supervision.md"
BLOCKS = re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
LINES = [shlex.split(line)[1:] for block in BLOCKS for line in block.splitlines() if line.strip()]
SHORT = {
    "train": "--optim.max-steps 2 --data.size-hw 64 96 --batches.batch-size 2 --fabric.accelerator cpu "
    "--loop.show-progress False"
}
SLOW = {"manydepth-kitti", "video", "indoor-video"}
MADE = {"runs/phone", "phone-metres.safetensors"}  # by lines before, if those were tested in the same process


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the commands name: a video of a walk, a folder of pairs, a video with both views, and its calibration."""
    root = tmp_path_factory.mktemp("own")
    frames = [read_image(path)[::2, ::2] for path in sorted(embedded_clip().images.glob("*.jpg"))[:16]]
    scenes = SyntheticScenes(length=4, size_hw=(96, 144), sources=("stereo",), worlds={"simple": 1.0})
    pairs = [(tensor_to_rgb8(each.image), tensor_to_rgb8(each.sources[0].image)) for each in scenes]
    for number, views in enumerate(pairs):
        for side, image in zip(("left", "right"), views, strict=True):
            write_image(root / "pairs" / side / f"{number}.png", image)
    both = [np.concatenate(views, axis=1) for views in pairs]
    for name, images in (("phone", frames), ("both", both)):
        with VideoWriter(root / f"{name}.mp4", size_hw=images[0].shape[:2], fps=10) as writer:
            for image in images:
                writer.write(image)
    camera = {"fx": 90, "fy": 90, "cx": 72, "cy": 48, "width": 144, "height": 96, "baseline": 0.12}
    (root / "calibration.json").write_text(json.dumps(camera))
    (root / "track.csv").write_text("seconds,speed\n" + "".join(f"{k / 10},0.5\n" for k in range(16)))
    return root


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(words, id=" ".join(words[:2]), marks=pytest.mark.slow if words[1] in SLOW else ())
        for words in LINES
    ],
)
@pytest.mark.filterwarnings("ignore::hondo.core.errors.HondoWarning")
def test_it_runs(words: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    if "webcam:0" in words:
        pytest.skip("no camera")
    words = [
        "hondo-nano" if word in MADE and option != "--out" and not Path(word).exists() else word
        for option, word in zip(["", *words], words, strict=False)
    ]
    if "--model" in words:
        words += ["--size", "64x96", "--engine", "torch"]
    extra = shlex.split(SHORT.get(words[0], ""))
    assert main([*words, *extra]) == 0


def test_every_part_is_there() -> None:
    assert {"doctor", "train", "predict", "scale", "live"} <= {words[0] for words in LINES}
