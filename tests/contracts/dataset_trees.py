"""Writers of tiny trees in the real layout and encoding of each data set: images of 8x12 pixels, depth known exactly.

Every tree holds one image of the colour IMAGE and one depth map of the values DEPTH (metres), unless its entry in
EXPECTED says otherwise; the first pixel is unknown.
"""

import csv
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import h5py
import numpy as np
import scipy.io

from hondo.images.formats.pfm import write_pfm
from hondo.images.video_writer import VideoWriter

HW = (8, 12)
IMAGE = (200, 100, 50)  # RGB
DEPTH = (1.0 + np.arange(96).reshape(HW) / 8).astype(np.float32)  # 1 to 12.9 m, exact in most encodings
KNOWN = np.ones(HW, dtype=bool)
KNOWN[0, 0] = False
K = "10 0 6 0 9 4 0 0 1"


def put_image(path: Path, size_hw: tuple[int, int] = HW) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.broadcast_to(np.array(IMAGE[::-1], dtype=np.uint8), (*size_hw, 3))
    cv2.imencode(".png", pixels)[1].tofile(path)  # read by its content: exact also where the set has JPEG
    return path


def put_png16(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imencode(".png", np.where(KNOWN, np.rint(values), 0).astype(np.uint16))[1].tofile(path)


def put(path: Path, data: bytes | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())


def put_npy(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, values)


def put_hdf5(path: Path, **arrays: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for key, values in arrays.items():
            file[key] = values


def put_exr(path: Path, values: np.ndarray, channel: str = "R") -> None:
    """One float channel, ZIPS: the predictor and the split of bytes as in the format's description."""

    def attribute(name: str, kind: str, data: bytes) -> bytes:
        return f"{name}\0{kind}\0".encode() + struct.pack("<i", len(data)) + data

    height, width = values.shape
    window = struct.pack("<4i", 0, 0, width - 1, height - 1)
    channels = f"{channel}\0".encode() + struct.pack("<iIii", 2, 0, 1, 1) + b"\0"
    head = struct.pack("<II", 20000630, 2)
    head += attribute("channels", "chlist", channels) + attribute("compression", "compression", b"\x02")
    head += attribute("dataWindow", "box2i", window) + attribute("displayWindow", "box2i", window)
    head += attribute("lineOrder", "lineOrder", b"\0") + attribute("pixelAspectRatio", "float", struct.pack("<f", 1))
    head += attribute("screenWindowCenter", "v2f", struct.pack("<2f", 0, 0))
    head += attribute("screenWindowWidth", "float", struct.pack("<f", 1)) + b"\0"
    blocks = []
    for row, line in enumerate(values.astype("<f4")):
        halves = np.frombuffer(line.tobytes(), np.uint8)
        halves = np.concatenate([halves[0::2], halves[1::2]]).astype(int)
        deltas = np.r_[halves[0], (np.diff(halves) + 128) % 256].astype(np.uint8)
        packed = zlib.compress(deltas.tobytes())
        data = line.tobytes() if len(packed) >= line.nbytes else packed
        blocks.append(struct.pack("<ii", row, len(data)) + data)
    starts = len(head) + 8 * height + np.r_[0, np.cumsum([len(block) for block in blocks])][:-1]
    put(path, head + struct.pack(f"<{height}Q", *starts.tolist()) + b"".join(blocks))


def unknown_first(values: np.ndarray, unknown: float) -> np.ndarray:
    return np.where(KNOWN, values, np.array(unknown, dtype=values.dtype))


KITTI_CALIBRATION = (
    "calib_time: 09-Jan-2012 13:57:47\nS_rect_02: 12 8\nS_rect_03: 12 8\n"
    "R_rect_00: 1 0 0 0 1 0 0 0 1\nP_rect_02: 10 0 6 5 0 9 4 0 0 0 1 0\nP_rect_03: 10 0 6 -5 0 9 4 0 0 0 1 0\n"
)
# x ahead, y left, z up of the scanner to z ahead, x right, y down of the camera
VELODYNE_TO_CAMERA = "0 -1 0 0 0 -1 1 0 0"


def kitti(root: Path) -> None:
    drive, frame = "2011_09_26_drive_0001_sync", "0000000005"
    put_image(root / f"2011_09_26/{drive}/image_02/data/{frame}.png")
    put_image(root / f"2011_09_26/{drive}/image_00/data/{frame}.png")  # grey cameras do not count
    put_png16(root / f"train/{drive}/proj_depth/groundtruth/image_02/{frame}.png", DEPTH * 256)
    put(root / "2011_09_26/calib_cam_to_cam.txt", KITTI_CALIBRATION)
    put(root / "2011_09_26/calib_velo_to_cam.txt", f"R: {VELODYNE_TO_CAMERA}\nT: 0 0 0\n")


def kitti_drive(root: Path, *, count: int = 6, size_hw: tuple[int, int] = (48, 160)) -> None:
    """A drive large enough to train on: texture that passes by, a sloped ground, poses of a car that drives on."""
    drive, (height, width) = "2011_09_26_drive_0001_sync", size_hw
    noise = np.random.default_rng(0).integers(0, 255, (height, width + 3 * count, 3), dtype=np.uint8)
    texture, slope = cv2.GaussianBlur(noise, (0, 0), 1.5), np.linspace(25, 5, height)[:, None] * np.ones(width)
    calibration = KITTI_CALIBRATION.replace("12 8", f"{width} {height}")
    put(root / "2011_09_26/calib_cam_to_cam.txt", calibration.replace("10 0 6", "80 0 80").replace("0 9 4", "0 80 24"))
    put(root / "2011_09_26/calib_velo_to_cam.txt", f"R: {VELODYNE_TO_CAMERA}\nT: 0 0 0\n")
    put(root / "2011_09_26/calib_imu_to_velo.txt", "R: 1 0 0 0 1 0 0 0 1\nT: 0 0 0\n")
    for frame in range(count):
        name = f"{frame + 5:010d}"
        image = root / f"2011_09_26/{drive}/image_02/data/{name}.png"
        depth = root / f"train/{drive}/proj_depth/groundtruth/image_02/{name}.png"
        for path, pixels in (
            (image, texture[:, 3 * frame : 3 * frame + width]),
            (depth, (slope * 256).astype(np.uint16)),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imencode(".png", pixels)[1].tofile(path)
        put(root / f"2011_09_26/{drive}/oxts/data/{name}.txt", f"49 {8.4 + frame * 1e-5} 112 0 0 0 " + "0 " * 24)


def kitti_selection(root: Path) -> None:
    top, drive = root / "val_selection_cropped", "2011_09_26_drive_0002_sync"
    put_image(top / f"image/{drive}_image_0000000005_image_02.png")
    put_png16(top / f"groundtruth_depth/{drive}_groundtruth_depth_0000000005_image_02.png", DEPTH * 256)
    put(top / f"intrinsics/{drive}_image_0000000005_image_02.txt", K)


def points_of(depth: np.ndarray) -> np.ndarray:
    """Points (x ahead, y left, z up) that fall onto the pixels of a map, by fx 10, fy 9, cx 6, cy 4."""
    rows, columns = np.nonzero(KNOWN)
    z = depth[rows, columns]
    x, y = (columns + 1 - 6) / 10 * z, (rows + 1 - 4) / 9 * z  # KITTI's kit counts pixels from 1
    return np.stack([z, -x, -y, np.zeros_like(z)], axis=1).astype("<f4")


def kitti_odometry(root: Path) -> None:
    folder = root / "sequences/00"
    put_image(folder / "image_2/000000.png")
    rows = "".join(f"P{camera}: 10 0 6 0 0 9 4 0 0 0 1 0\n" for camera in range(4))
    put(folder / "calib.txt", rows + "Tr: 0 -1 0 0 0 0 -1 0 1 0 0 0\n")
    put(folder / "velodyne/000000.bin", points_of(DEPTH).tobytes())


def vkitti2(root: Path) -> None:
    put_image(root / "Scene01/clone/frames/rgb/Camera_0/rgb_00001.jpg")
    depth = np.where(KNOWN, np.rint(DEPTH * 100), 65535)
    path = root / "Scene01/clone/frames/depth/Camera_0/depth_00001.png"
    path.parent.mkdir(parents=True)
    cv2.imencode(".png", depth.astype(np.uint16))[1].tofile(path)


DISPARITY = 2.0 + np.arange(96).reshape(HW) / 8


def cityscapes(root: Path) -> None:
    name = "aachen_000000_000019"
    put_image(root / f"leftImg8bit/train/aachen/{name}_leftImg8bit.png")
    put_png16(root / f"disparity/train/aachen/{name}_disparity.png", DISPARITY * 256 + 1)
    camera = {"extrinsic": {"baseline": 5.0}, "intrinsic": {"fx": 10, "fy": 9, "u0": 6, "v0": 4}}
    put(root / f"camera/train/aachen/{name}_camera.json", json.dumps(camera))


def apolloscape(root: Path) -> None:
    name = "170927_063811892_Camera_5"
    put_image(root / f"road02_ins/ColorImage/Record001/Camera 5/{name}.jpg")
    put_png16(root / f"road02_ins_depth/Depth/Record001/Camera 5/{name}.png", DEPTH * 200)


def nyu(root: Path) -> None:
    pixels = np.broadcast_to(np.array(IMAGE, dtype=np.uint8)[:, None, None], (3, HW[1], HW[0]))
    depth = unknown_first(DEPTH, 0).T[None]
    put_hdf5(root / "nyu_depth_v2_labeled.mat", images=pixels[None], depths=depth, rawDepths=depth / 2)


def nyu_bts(root: Path) -> None:
    put_image(root / "sync/kitchen_0028b/rgb_00045.jpg")
    put_png16(root / "sync/kitchen_0028b/sync_depth_00045.png", DEPTH * 1000)


def scannet(root: Path) -> None:
    folder = root / "scans/scene0000_00"
    put_image(folder / "color/10.jpg")
    put_png16(folder / "depth/10.png", DEPTH * 1000)
    put(folder / "intrinsic/intrinsic_color.txt", "10 0 6 0\n0 9 4 0\n0 0 1 0\n0 0 0 1\n")
    put(folder / "pose/10.txt", "1 0 0 0\n0 1 0 0\n0 0 1 2\n0 0 0 1\n")


def sunrgbd(root: Path) -> None:
    folder = root / "kv2/kinect2data/000002_2014"
    put_image(folder / "image/0000103.jpg")
    stored = np.rint(DEPTH * 1000).astype(np.uint16)
    put_png16(folder / "depth/0000104.png", (stored << 3) | (stored >> 13))
    put(folder / "intrinsics.txt", K)


def tum(root: Path) -> None:
    folder = root / "rgbd_dataset_freiburg1_desk"
    for step in range(2):
        put_image(folder / f"rgb/{1305031452.79172 + step / 30:.6f}.png")
        put_png16(folder / f"depth/{1305031452.78 + step / 30:.6f}.png", DEPTH * 4000)


def seven_scenes(root: Path) -> None:
    put_image(root / "chess/seq-01/frame-000000.color.png")
    path = root / "chess/seq-01/frame-000000.depth.png"
    cv2.imencode(".png", np.where(KNOWN, DEPTH * 1000, 65535).astype(np.uint16))[1].tofile(path)


def diode(root: Path) -> None:
    folder, name = root / "val/indoors/scene_00019/scan_00183", "00019_00183_indoors_000_010"
    put_image(folder / f"{name}.png")
    put_npy(folder / f"{name}_depth.npy", DEPTH[..., None])
    put_npy(folder / f"{name}_depth_mask.npy", KNOWN.astype(np.float64))


def hypersim(root: Path) -> None:
    put_image(root / "ai_001_001/images/scene_cam_00_final_preview/frame.0000.tonemap.jpg")
    f, y, x = 886.81 * 12 / 1024, np.arange(8)[:, None] + 0.5 - 4, np.arange(12) + 0.5 - 6
    along = unknown_first((DEPTH * np.sqrt(1 + (x / f) ** 2 + (y / (886.81 * 8 / 768)) ** 2)), np.nan)
    path = root / "ai_001_001/images/scene_cam_00_geometry_hdf5/frame.0000.depth_meters.hdf5"
    put_hdf5(path, dataset=along.astype(np.float32))


def irs(root: Path) -> None:
    put_image(root / "Home/ArchVizInterior/l_1.png")
    put_exr(root / "Home/ArchVizInterior/d_1.exr", unknown_first(DISPARITY, 0))


def diml_indoor(root: Path) -> None:
    put_image(root / "LR/kitchen/color/in_k_01_c.png")
    put_png16(root / "LR/kitchen/depth_filled/in_k_01_depth_filled.png", DEPTH * 1000)


def diml_outdoor(root: Path) -> None:
    put_image(root / "0/outleft/a.png")
    put_png16(root / "0/depthmap/a.png", DEPTH * 1000)


def tartanair(root: Path) -> None:
    folder = root / "office/office/Easy/P000"
    put_image(folder / "image_left/000000_left.png")
    put_npy(folder / "depth_left/000000_left_depth.npy", unknown_first(DEPTH, np.inf))


def sintel(root: Path) -> None:
    put_image(root / "training/final/alley_1/frame_0001.png")
    head = struct.pack("<fii", 202021.25, 12, 8)
    put(root / "training/depth/alley_1/frame_0001.dpt", head + unknown_first(DEPTH, 0).astype("<f4").tobytes())
    camera = struct.pack("<f9d12d", 202021.25, 10, 0, 6, 0, 9, 4, 0, 0, 1, *[0] * 12)
    put(root / "training/camdata_left/alley_1/frame_0001.cam", camera)


def eth3d(root: Path) -> None:
    put_image(root / "courtyard/images/dslr_images/DSC_0286.JPG")
    depth = unknown_first(DEPTH, np.inf).astype("<f4")
    put(root / "courtyard/ground_truth_depth/dslr_images/DSC_0286.JPG", depth.tobytes())
    folder = root / "courtyard/dslr_calibration_jpg"
    put(folder / "images.txt", "# two lines an image\n1 1 0 0 0 0 0 0 3 dslr_images/DSC_0286.JPG\n1.0 2.0 -1\n")
    put(
        folder / "cameras.txt",
        "# cameras\n2 PINHOLE 12 8 1 1 1 1\n3 THIN_PRISM_FISHEYE 12 8 10 9 6 4 0 0 0 0 0 0 0 0\n",
    )


def blendedmvs(root: Path) -> None:
    folder = root / "5a3ca9cb270f0e3f14d0eddb"
    put_image(folder / "blended_images/00000000.jpg")
    put_image(folder / "blended_images/00000000_masked.jpg")
    (folder / "rendered_depth_maps").mkdir()
    write_pfm(folder / "rendered_depth_maps/00000000.pfm", unknown_first(DEPTH, 0))
    text = "extrinsic\n1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n\nintrinsic\n10 0 6\n0 9 4\n0 0 1\n\n0.5 0.1 128 9\n"
    put(folder / "cams/00000000_cam.txt", text)


def megadepth(root: Path) -> None:
    put_image(root / "0000/dense0/imgs/1_o.jpg")
    put_hdf5(root / "0000/dense0/depths/1_o.h5", depth=unknown_first(DEPTH, 0))


def make3d(root: Path) -> None:
    put_image(root / "Test134/img-op1-p-015t000.jpg")
    grid = np.zeros((4, 12, 4))
    grid[..., 3] = 2 + np.arange(48).reshape(4, 12)
    (root / "Gridlaserdata").mkdir()
    scipy.io.savemat(root / "Gridlaserdata/depth_sph_corr-op1-p-015t000.mat", {"Position3DGrid": grid})


def relative(image: str, label: str, mask: str = "") -> Callable[[Path], None]:
    def write(root: Path) -> None:
        put_image(root / image)
        (root / label).parent.mkdir(parents=True, exist_ok=True)
        cv2.imencode(".png", np.arange(96).reshape(HW).astype(np.uint8))[1].tofile(root / label)
        if mask:
            (root / mask).parent.mkdir(parents=True, exist_ok=True)
            cv2.imencode(".png", KNOWN.astype(np.uint8) * 255)[1].tofile(root / mask)

    return write


def diw(root: Path) -> None:
    put_image(root / "DIW_test/a.thumb")
    put(root / "DIW_Annotations/DIW_test.csv", "./DIW_test/a.thumb\n4,2,8,12,>,12,8\n")


def video(path: Path, size_hw: tuple[int, int], count: int = 3) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with VideoWriter(path, size_hw=size_hw, fps=10) as writer:
        for number in range(count):
            writer.write(np.full((*size_hw, 3), 60 * number, dtype=np.uint8))


def video_list(root: Path) -> None:
    video(root / "videos/film.mp4", (16, 48))
    put(root / "times.csv", "video,seconds\nfilm.mp4,0.1\n")


def stray_scanner(root: Path) -> None:
    video(root / "rgb.mp4", (16, 24))
    put_png16(root / "depth/000001.png", DEPTH * 1000)
    (root / "confidence").mkdir()
    cv2.imencode(".png", KNOWN.astype(np.uint8) * 2)[1].tofile(root / "confidence/000001.png")
    with (root / "camera_matrix.csv").open("w") as file:
        csv.writer(file).writerows([(20.0, 0.0, 12.0), (0.0, 18.0, 8.0), (0.0, 0.0, 1.0)])


def record3d(root: Path) -> None:
    put_image(root / "EXR_RGBD/rgb/0.jpg")
    put_exr(root / "EXR_RGBD/depth/0.exr", unknown_first(DEPTH, np.nan))
    put(root / "metadata.json", json.dumps({"w": 12, "h": 8, "K": [10, 0, 0, 0, 9, 0, 6, 4, 1]}))


def open3d(intrinsics: str) -> Callable[[Path], None]:
    def write(root: Path) -> None:
        put_image(root / "color/00000.jpg")
        put_png16(root / "depth/00000.png", DEPTH * 1000)
        text = json.dumps({"width": 12, "height": 8, "intrinsic_matrix": [10, 0, 0, 0, 9, 0, 6, 4, 1]})
        put(root / intrinsics, text)

    return write


TREES: dict[str, Callable[[Path], None]] = {
    "kitti": kitti,
    "kitti-selection": kitti_selection,
    "kitti-odometry": kitti_odometry,
    "vkitti2": vkitti2,
    "cityscapes": cityscapes,
    "apolloscape": apolloscape,
    "nyu": nyu,
    "nyu-bts": nyu_bts,
    "scannet": scannet,
    "sunrgbd": sunrgbd,
    "tum": tum,
    "7scenes": seven_scenes,
    "diode": diode,
    "hypersim": hypersim,
    "irs": irs,
    "diml-indoor": diml_indoor,
    "diml-outdoor": diml_outdoor,
    "tartanair": tartanair,
    "sintel": sintel,
    "eth3d": eth3d,
    "blendedmvs": blendedmvs,
    "megadepth": megadepth,
    "make3d": make3d,
    "redweb": relative("Imgs/1.jpg", "RDs/1.png"),
    "hrwsi": relative("val/imgs/1.jpg", "val/gts/1.png", "val/valid_masks/1.png"),
    "diw": diw,
    "wsvd": video_list,
    "movies-3d": video_list,
    "stray-scanner": stray_scanner,
    "record3d": record3d,
    "realsense": open3d("camera_intrinsic.json"),
    "azure-kinect": open3d("intrinsic.json"),
}
