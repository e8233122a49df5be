"""Data sets of streets: KITTI, Virtual KITTI, Cityscapes, ApolloScape."""

from hondo.core.truth_kind import TruthKind
from hondo.data.layouts.layout import Encoding, Intrinsics, Layout

_KITTI_PNG = Encoding(file="16-bit PNG", divide_by=256.0)
_CC_BY_NC_SA = "CC BY-NC-SA 3.0 (non-commercial)"
_ANNOTATED = "{drive}/proj_depth/groundtruth/image_0{camera}/{frame}.png"

DRIVING = (
    Layout(
        name="kitti",
        title="KITTI raw with annotated depth, or with the Velodyne's points",
        truth=TruthKind.METRIC,
        median_m=(4.0, 40.0),
        scenes="streets",
        licence=_CC_BY_NC_SA,
        get="https://www.cvlibs.net/datasets/kitti/raw_data.php and eval_depth.php (annotated depth maps)",
        images=tuple(f"{{date}}/{{drive}}/image_0{{camera:2|3}}/data/{{frame:d}}.{end}" for end in ("png", "jpg")),
        depth=tuple(f"{top}{_ANNOTATED}" for top in ("train/", "val/", "", "data_depth_annotated/train/",
                                                      "data_depth_annotated/val/")),
        encoding=_KITTI_PNG,
        intrinsics=Intrinsics(file="{date}/calib_cam_to_cam.txt", decoder="kitti raw"),
        reader="kitti raw",
        splits=(
            "eigen_zhou/train", "eigen_zhou/val", "eigen_full/train", "eigen_full/val", "eigen/train", "eigen/test",
            "eigen_benchmark/test", "benchmark/train", "benchmark/val",
        ),
        split_line="{folder}/image_0{camera}/data/{frame:010d}",
        note="`depth=velodyne` projects the points as the published evaluators do; poses of neighbours come from OXTS.",
    ),
    Layout(
        name="kitti-selection",
        title="KITTI depth selection: validation and test crops of the depth benchmark",
        truth=TruthKind.METRIC,
        median_m=(4.0, 40.0),
        scenes="streets",
        licence=_CC_BY_NC_SA,
        get="https://www.cvlibs.net/datasets/kitti/eval_depth.php (data_depth_selection.zip)",
        images=("val_selection_cropped/image/{drive}_image_{frame:d}_image_0{camera:2|3}.png",),
        depth=("val_selection_cropped/groundtruth_depth/{drive}_groundtruth_depth_{frame}_image_0{camera}.png",),
        encoding=_KITTI_PNG,
        intrinsics=Intrinsics(file="val_selection_cropped/intrinsics/{drive}_image_{frame}_image_0{camera}.txt"),
        note="1216x352 crops; the test images have no depth and are not listed.",
    ),
    Layout(
        name="kitti-odometry",
        title="KITTI odometry: sequences with poses and the Velodyne's points",
        truth=TruthKind.METRIC,
        median_m=(4.0, 40.0),
        scenes="streets",
        licence=_CC_BY_NC_SA,
        get="https://www.cvlibs.net/datasets/kitti/eval_odometry.php",
        images=tuple(f"sequences/{{sequence:d}}/image_{{camera:2|3}}/{{frame:d}}.{end}" for end in ("png", "jpg")),
        depth=("sequences/{sequence}/velodyne/{frame}.bin",),
        encoding=Encoding(file="float32 points", decoder="velodyne"),
        intrinsics=Intrinsics(file="sequences/{sequence}/calib.txt", decoder="kitti odometry"),
        reader="kitti odometry",
        splits=("odom/train", "odom/val", "odom/test_09", "odom/test_10"),
        split_line="sequences/{sequence:02d}/image_{camera}/{frame:06d}",
        note="Sequences 00 to 10 have poses (poses/00.txt); they are of the left grey camera and moved to the image's.",
    ),
    Layout(
        name="vkitti2",
        title="Virtual KITTI 2",
        truth=TruthKind.METRIC,
        median_m=(4.0, 40.0),
        scenes="streets, rendered",
        licence=_CC_BY_NC_SA,
        get="https://europe.naverlabs.com/research/computer-vision/proxy-virtual-worlds-vkitti-2/",
        images=tuple(
            f"{top}{{scene}}/{{variation}}/frames/rgb/Camera_{{camera:d}}/rgb_{{frame:d}}.jpg"
            for top in ("", "vkitti_2.0.3_rgb/")
        ),
        depth=tuple(
            f"{top}{{scene}}/{{variation}}/frames/depth/Camera_{{camera}}/depth_{{frame}}.png"
            for top in ("", "vkitti_2.0.3_depth/")
        ),
        encoding=Encoding(file="16-bit PNG", divide_by=100.0, invalid=(65535.0,)),
        intrinsics=Intrinsics(fixed=(725.0087, 725.0087, 620.5, 187.0), size_hw=(375, 1242)),
        right=tuple(
            f"{top}{{scene}}/{{variation}}/frames/rgb/Camera_1/rgb_{{frame}}.jpg" for top in ("", "vkitti_2.0.3_rgb/")
        ),
        baseline=0.532725,
        note="65535 (655.35 m) is the sky.",
    ),
    Layout(
        name="cityscapes",
        title="Cityscapes with disparity of semi-global matching",
        truth=TruthKind.METRIC,
        median_m=(4.0, 40.0),
        scenes="streets",
        licence="Cityscapes terms (non-commercial)",
        get="https://www.cityscapes-dataset.com (leftImg8bit, disparity, camera)",
        images=("leftImg8bit/{part}/{city}/{name}_leftImg8bit.png",),
        depth=("disparity/{part}/{city}/{name}_disparity.png",),
        encoding=Encoding(file="16-bit PNG", divide_by=256.0, subtract=1.0, quantity="disparity"),
        intrinsics=Intrinsics(file="camera/{part}/{city}/{name}_camera.json", decoder="cityscapes"),
        right=("rightImg8bit/{part}/{city}/{name}_rightImg8bit.png",),
        splits=("train", "val", "test"),
        note="Depth = baseline x fx / disparity with the baseline of the image's camera file.",
    ),
    Layout(
        name="apolloscape",
        title="ApolloScape scene parsing with depth",
        truth=TruthKind.METRIC,
        median_m=(4.0, 40.0),
        scenes="streets",
        licence="ApolloScape terms (non-commercial)",
        get="http://apolloscape.auto/scene.html",
        images=("{road}_ins/ColorImage/{record}/Camera {camera:d}/{frame}.jpg",),
        depth=("{road}_ins_depth/Depth/{record}/Camera {camera}/{frame}.png",),
        encoding=Encoding(file="16-bit PNG", divide_by=200.0, invalid=(65535.0,)),
        note="Not certain: the factor 200, and 65535 for the sky. Of the static scene only, without moving cars.",
    ),
)  # fmt: skip
