"""A Gradio page for a Hugging Face Space, or for `python app.py`: a picture in, its depth and its points out."""

import tempfile
from pathlib import Path

import numpy as np

import hondo

MODEL = "hondo-nano"
FOV_DEG = 60.0  # of images whose camera is not known
MAX_SIDE = 1600  # pixels; larger images are made smaller first

predictor = hondo.load(MODEL)


def depth_of(image: np.ndarray) -> tuple[np.ndarray, str, str]:
    """Colours, a 16-bit PNG and a PLY file of an RGB image (h w 3)."""
    depth_map = predictor(image, camera=hondo.Camera.from_fov(FOV_DEG, size_hw=image.shape[:2]))
    folder = Path(tempfile.mkdtemp(prefix="hondo-"))
    png, ply = depth_map.save(folder / "depth.png"), depth_map.save(folder / "points.ply")
    return depth_map.color(), str(png), str(ply)


def smaller(image: np.ndarray) -> np.ndarray:
    """Every n-th pixel of an image that is too large."""
    step = -(-max(image.shape[:2]) // MAX_SIDE)
    return np.ascontiguousarray(image[::step, ::step])


def main() -> None:
    import gradio

    page = gradio.Interface(
        fn=lambda image: depth_of(smaller(image)),
        inputs=gradio.Image(type="numpy", label="Picture", sources=["upload", "webcam", "clipboard"]),
        outputs=[gradio.Image(label="Depth, near is warm"), gradio.File(label="16-bit PNG"), gradio.File(label="PLY")],
        title="hondo",
        description="Depth from one picture. The scale of hondo-nano is not known: shapes are right, sizes are not.",
        flagging_mode="never",
    )
    page.queue(max_size=32).launch()


if __name__ == "__main__":
    main()
