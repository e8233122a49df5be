"""What phones and depth cameras export: Stray Scanner, Record3D, and Open3D's recorders for RealSense and Kinect."""

from hondo.core.truth_kind import TruthKind
from hondo.data.layouts.layout import Encoding, Intrinsics, Layout, Mask

_OWN = "your own recording"
_ROOM = (0.2, 7.5)
_RECORD3D = ("EXR_RGBD/", "", "{capture}/EXR_RGBD/")
_OPEN3D_NOTE = "A folder of captures is read too: each holds color/, depth/ and its intrinsics."


def _open3d(name: str, title: str, *, intrinsics: str, get: str) -> Layout:
    tops = ("", "{capture}/")
    return Layout(
        name=name,
        title=title,
        truth=TruthKind.METRIC,
        scenes=_OWN,
        licence=_OWN,
        get=get,
        images=tuple(f"{top}color/{{frame:d}}.{end}" for top in tops for end in ("jpg", "png")),
        depth=tuple(f"{top}depth/{{frame}}.png" for top in tops),
        encoding=Encoding(file="16-bit PNG", divide_by=1000.0),
        intrinsics=Intrinsics(files=tuple(f"{top}{intrinsics}" for top in tops)),
        median_m=_ROOM,
        note=_OPEN3D_NOTE,
    )


CAPTURES = (
    Layout(
        name="stray-scanner",
        title="Stray Scanner (iPhone, iPad with LiDAR)",
        truth=TruthKind.METRIC,
        scenes=_OWN,
        licence=_OWN,
        get="the app Stray Scanner: share the recording's folder",
        images=("rgb.mp4", "{capture}/rgb.mp4"),
        depth=("{capture}/depth/{frame}.png", "depth/{frame}.png"),
        encoding=Encoding(file="16-bit PNG", divide_by=1000.0),
        mask=Mask(files=("{capture}/confidence/{frame}.png", "confidence/{frame}.png")),
        intrinsics=Intrinsics(files=("{capture}/camera_matrix.csv", "camera_matrix.csv")),
        reader="stray scanner",
        median_m=_ROOM,
        note="Depth of 256x192 is brought to the size of the video (nearest); confidence 0 counts as unknown.",
    ),
    Layout(
        name="record3d",
        title="Record3D (iPhone, iPad with LiDAR)",
        truth=TruthKind.METRIC,
        scenes=_OWN,
        licence=_OWN,
        get="the app Record3D: export as EXR + RGB",
        images=tuple(f"{top}rgb/{{frame:d}}.{end}" for top in _RECORD3D for end in ("jpg", "png")),
        depth=tuple(f"{top}depth/{{frame}}.exr" for top in _RECORD3D),
        encoding=Encoding(file="EXR"),
        intrinsics=Intrinsics(
            files=tuple(f"{top}metadata.json" for top in ("{capture}/EXR_RGBD/", "{capture}/", "EXR_RGBD/", "")),
            decoder="record3d",
        ),
        median_m=_ROOM,
        note="Not certain: the names of the folders rgb and depth. The compressed .r3d file itself is not read.",
    ),
    _open3d(
        "realsense",
        "RealSense, as Open3D's recorder writes it",
        intrinsics="camera_intrinsic.json",
        get="python realsense_recorder.py of Open3D, with the option that writes images",
    ),
    _open3d(
        "azure-kinect",
        "Azure Kinect, as Open3D's MKV reader writes it",
        intrinsics="intrinsic.json",
        get="python azure_kinect_mkv_reader.py of Open3D",
    ),
)
