"""Whether a clip can teach depth: its texture, motion and parallax, and whether known poses explain what is seen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from hondo.core.errors import HondoError, warn
from hondo.core.types import Camera
from hondo.data.datasets.clip import Frames
from hondo.data.datasets.intrinsics import assumed_camera
from hondo.images.listing import is_grey16
from hondo.images.optical_flow import OpticalFlow, pixel_places, sampled, small_grey

NUM_PAIRS = 12  # of neighbouring frames, spread over the clip
AREA = 49_152  # pixels at which they are compared: 192x256
MIN_TEXTURED = 0.01  # of the pixels
STILL_PX = 0.25  # pixels between two frames: less is the noise of the flow
TURNING_PX = 0.3  # pixels by which a rotation alone may miss the flow
TURNING_SHARE = 0.05  # or of the motion
MIN_TURN_PX = 1.5  # less motion says nothing about parallax
MIN_MATCHED = 0.3  # of the textured pixels: a flow that is lost says nothing
EXPLAINED_PX = 1.0  # by which a match may miss its epipolar line
MAX_ROW_PX = 1.5  # by which rows of a rectified pair may differ
MIN_HALF = 0.8  # width of half a frame over its height: less is no frame with two views
SAME_SCENE = 0.4  # of the textured pixels of one half that are found in the other
WORSE_BY = 0.3  # of the matches: what inverse poses explain more than the poses
FAR_M, NEAR_M = 300.0, 0.02  # median distances beyond are rather another unit
_OPENGL = np.diag((1.0, -1.0, -1.0, 1.0))  # camera axes with y up and z backwards, from ours
_TEXTURE = 3e-5  # the least corner (Shi and Tomasi 1994): less is noise
_ROUND_TRIP = 1.0  # square pixels


@dataclass(frozen=True, kw_only=True)
class PairMotion:
    """What two neighbouring frames show, in pixels at ``AREA``."""

    textured: float  # share of the pixels
    matched: float  # share of the textured pixels whose flow leads there and back
    motion_px: float  # 75th percentile over the matches; 0 without any
    turning_px: float  # by which the best rotation misses three quarters of the matches
    rays: Float[np.ndarray, "n 2"]  # of the matches, x/z and y/z
    next_rays: Float[np.ndarray, "n 2"]
    px: float  # pixels in a unit of x/z


def check_clips(clips: Sequence[Frames], *, are_poses_known: bool) -> None:
    """Refuses clips of which none shows texture and motion; warns of those that teach little or have wrong poses."""
    refused = [message for clip in clips if (message := _check_clip(clip, are_poses_known=are_poses_known))]
    if refused and len(refused) == len(clips):
        raise HondoError(refused[0])
    for message in refused:
        warn(message)


def clip_remarks(clip: Frames) -> list[str]:
    """What is odd about a clip as training data, also where its samples have no source views: frames that follow each
    other are compared."""
    frames = clip.targets
    pairs = [(frames[index], frames[index + 1]) for index in _spread(range(len(frames) - 1))] if frames[1:] else []
    try:
        message, odd = _examine(clip, pairs, with_poses=clip.camera is not None)
    except HondoError:  # an image that cannot be read: hondo data check names it
        return []
    return [message] if message else odd


def _check_clip(clip: Frames, *, are_poses_known: bool) -> str:
    """Why a clip teaches nothing; empty where it does, with warnings of what is odd."""
    if clip.camera is None:
        return ""
    if not clip.is_video and all(is_grey16(clip.images[frame]) for frame in _spread(clip.targets)):
        warn(f"{clip.root}: the images have one channel of 16 bits or floats: are they depth maps?")
    message, odd = _examine(clip, list(_pairs(clip)), with_poses=are_poses_known)
    for remark in odd:
        warn(f"{clip.root}: {remark}")
    return f"{clip.root}: {message}" if message else ""


def _examine(clip: Frames, pairs: Sequence[tuple[int, int]], *, with_poses: bool) -> tuple[str, list[str]]:
    """Why pairs of frames teach nothing (empty where they do), and what is odd about them."""
    odd: list[str] = []
    if clip.right is not None:
        if message := stereo_refusal(_measured(clip, [(frame, None) for frame in _spread(clip.targets)])):
            return message, []
    elif message := _both_views(clip):
        return message, []
    motions = _measured(clip, pairs)
    if not motions:
        return "", [remark for remark in odd if remark]
    if message := refusal(motions):
        return message, [remark for remark in odd if remark]
    odd += remarks(motions)
    if with_poses and clip.poses is not None and len(motions) == len(pairs):
        odd.append(pose_remark(motions, [(clip.poses[first], clip.poses[following]) for first, following in pairs]))
    return "", [remark for remark in odd if remark]


def _both_views(clip: Frames) -> str:
    """What is to be said where every frame looked at shows two views side by side; else empty."""
    frames = _spread(clip.targets)[:: NUM_PAIRS // 3]
    found = [side_by_side_remark(clip.pixels(clip.images[frame])) for frame in frames]
    return found[0] if found and all(found) else ""


def _measured(clip: Frames, pairs: Sequence[tuple[int, int | None]]) -> list["PairMotion"]:
    """The motion of pairs of frames (None: the right image of the first) of the clip's size; without intrinsics those
    of a common lens are assumed."""
    camera, found = clip.camera or assumed_camera(clip.frame_hw), []
    for first, following in pairs:
        one = clip.pixels(clip.images[first])
        other = clip.right_pixels(first) if following is None else clip.pixels(clip.images[following])
        found.append(measure_pair(one, other, camera))
    return found


def refusal(motions: Sequence[PairMotion], *, noise_px: float = TURNING_PX) -> str:
    """Why nothing can be learned from a clip; empty if something can."""
    textured = float(np.median([motion.textured for motion in motions]))
    if textured < MIN_TEXTURED:
        return (
            f"nothing can be learned from these images: only {textured:.1%} of the pixels show texture (black, grey or "
            "one colour); give a clip that shows a scene"
        )
    seen = [motion for motion in motions if motion.matched >= MIN_MATCHED]
    if len(seen) > len(motions) / 2 and max(motion.motion_px for motion in seen) < STILL_PX:
        moved = float(np.median([motion.motion_px for motion in seen]))
        return (
            f"nothing can be learned without motion: neighbouring frames differ by {moved:.2f} pixels; give a clip of "
            "a moving camera, or sources farther apart, e.g. data.sources=-5 5"
        )
    return _turning_refusal(seen, noise_px=noise_px)


def remarks(motions: Sequence[PairMotion]) -> list[str]:
    """What makes a clip teach little."""
    found = []
    seen = [motion for motion in motions if motion.matched >= MIN_MATCHED]
    still = sum(motion.motion_px < STILL_PX for motion in seen)
    if seen and still > len(seen) / 2:
        found.append(
            f"the camera hardly moves in {still} of {len(seen)} pairs of frames looked at (less than {STILL_PX} pixels)"
            "; choose the part where it moves (data.start, data.stop), or sources farther apart, e.g. data.sources=-5 5"
        )
    return found


def is_turning(motion: PairMotion, *, noise_px: float = TURNING_PX) -> bool:
    """Whether a rotation alone explains the motion, up to ``noise_px`` of the flow."""
    return motion.turning_px < max(noise_px, TURNING_SHARE * motion.motion_px)


def _turning_refusal(seen: Sequence[PairMotion], *, noise_px: float) -> str:
    moving = [motion for motion in seen if motion.motion_px >= MIN_TURN_PX]
    turning = sum(is_turning(motion, noise_px=noise_px) for motion in moving)
    if not moving or turning < 0.8 * len(moving):
        return ""
    moved, missed = (float(np.median(each)) for each in zip(*((m.motion_px, m.turning_px) for m in moving)))
    return (
        f"the camera only turns: a rotation explains {turning} of {len(moving)} pairs of frames to {missed:.2f} of "
        f"{moved:.1f} pixels; depth needs a camera that changes its place, or sources farther apart, e.g. "
        "data.sources=-5 5"
    )


def stereo_refusal(motions: Sequence[PairMotion]) -> str:
    """Why pairs of left and right images teach nothing: swapped, or not rectified; empty if they do.

    Rows of a pair that is not rectified differ by an offset, or, where a camera is turned, by more at the edges.
    """
    shifts = [(each.next_rays - each.rays) * each.px for each in motions if len(each.rays) >= 8]
    if not shifts:
        return "the left and right images show nothing in common; are they pairs of one moment?"
    along, across = (float(value) for value in np.median([np.median(each, axis=0) for each in shifts], axis=0))
    off = float(np.median([np.percentile(np.abs(each[:, 1]), 75) for each in shifts]))
    if along > STILL_PX:
        return f"things lie {along:.1f} pixels farther right in the right images: left and right look swapped"
    if off > MAX_ROW_PX:
        return (
            f"the pairs are not rectified: a quarter of the points lies {off:.1f} or more pixels higher or lower in "
            f"the right images (offset {across:+.1f} pixels, at about 192x256); rectify them first (cv2.stereoRectify)"
        )
    return ""


def side_by_side_remark(image: UInt8[np.ndarray, "H W 3"]) -> str:
    """Whether a frame shows two views of one scene beside each other, as stereo cameras write them; else empty."""
    height, width = image.shape[0], image.shape[1] // 2
    if width < MIN_HALF * height:
        return ""
    left, right = image[:, :width], image[:, width : 2 * width]
    motion = measure_pair(left, right, assumed_camera((height, width)))
    if motion.matched < SAME_SCENE or len(motion.rays) < 8:
        return ""
    along, across = np.median(motion.next_rays - motion.rays, axis=0) * motion.px
    if abs(across) > MAX_ROW_PX or along > -STILL_PX:  # halves that do not differ are a pattern that repeats
        return ""
    return (
        f"the left and right half of each frame show the same scene, {-along:.1f} pixels apart: these are stereo pairs "
        "side by side; give data.right=side-by-side with data.sources=stereo and data.baseline=METRES, or cut one view"
    )


def pose_remark(
    motions: Sequence[PairMotion], poses: Sequence[tuple[Float[np.ndarray, "4 4"], Float[np.ndarray, "4 4"]]]
) -> str:
    """What is odd about known camera-to-world poses: their inverses or other axes explain the flow better, or their
    unit is wrong."""
    as_given, inverted, flipped, depths = [], [], [], []
    for motion, (first, following) in zip(motions, poses, strict=True):
        if len(motion.rays) < 8 or not (np.isfinite(first).all() and np.isfinite(following).all()):
            continue
        is_right, depth = explained(motion, np.linalg.inv(following) @ first)
        as_given.append(is_right.mean())
        inverted.append(explained(motion, following @ np.linalg.inv(first))[0].mean())
        flipped.append(explained(motion, _OPENGL @ np.linalg.inv(following) @ first @ _OPENGL)[0].mean())
        depths.append(np.median(depth[is_right]) if is_right.any() else np.nan)
    if not as_given:
        return ""
    given, other, axes = (float(np.median(each)) for each in (as_given, inverted, flipped))
    if axes > max(given, other) + WORSE_BY:
        return (
            f"the poses explain {given:.0%} of the motion between frames, with y and z negated {axes:.0%}: they look "
            "like those of OpenGL or Blender (y up, z backwards); negate the second and third column of each matrix"
        )
    if other > given + WORSE_BY:
        return (
            f"the poses explain {given:.0%} of the motion between frames, their inverses {other:.0%}: they look like "
            "world-to-camera matrices; give camera-to-world"
        )
    distance = float(np.nanmedian(depths)) if np.isfinite(depths).any() else np.nan
    if distance > FAR_M or distance < NEAR_M:
        return (
            f"with these poses the scene is {distance:,.3g} m away: are they in metres? Poses in millimetres must be "
            "divided by 1000"
        )
    return ""


def explained(
    motion: PairMotion, T_next_first: Float[np.ndarray, "4 4"]
) -> tuple[Bool[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Which matches a motion explains: near their epipolar line and in front of both cameras; and their depths."""
    R, t = T_next_first[:3, :3], T_next_first[:3, 3]
    first = np.column_stack((motion.rays, np.ones(len(motion.rays))))
    following = np.column_stack((motion.next_rays, np.ones(len(motion.rays))))
    turned = first @ R.T
    # z2 following = z1 turned + t, by least squares for z1 and z2
    normal = np.cross(following, turned)
    norm2 = np.maximum((normal**2).sum(-1), 1e-18)
    z1 = (np.cross(t, following) * normal).sum(-1) / norm2
    z2 = (np.cross(t, turned) * normal).sum(-1) / norm2
    place = turned * z1[:, None] + t
    miss = np.linalg.norm(
        place[:, :2] / np.where(np.abs(place[:, 2:]) < 1e-9, 1e-9, place[:, 2:]) - motion.next_rays, axis=1
    )
    return (z1 > 0) & (z2 > 0) & (miss * motion.px < EXPLAINED_PX), z1


def measure_pair(
    image: UInt8[np.ndarray, "H W 3"],
    following: UInt8[np.ndarray, "H W 3"],
    camera: Camera,
    *,
    is_scene: Bool[np.ndarray, "H W"] | None = None,
) -> PairMotion:
    """The motion from one frame to the next where ``is_scene``; ``camera`` is that of the images."""
    first, second = small_grey(image, area=AREA), small_grey(following, area=AREA)
    camera = camera.resized((first.shape[0], first.shape[1]))
    match = OpticalFlow().match(first, second)
    is_textured = cv2.cornerMinEigenVal(first, blockSize=5) > _TEXTURE
    if is_scene is not None:
        is_textured &= cv2.resize(is_scene.astype(np.uint8), first.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    without_noise = cv2.GaussianBlur(first, (0, 0), 1.0)
    is_alike = cv2.absdiff(first, sampled(second, match.place)) < 30
    is_match = is_textured & (match.miss < _ROUND_TRIP) & is_alike
    start, end = pixel_places((first.shape[0], first.shape[1]))[is_match][::7], match.place[is_match][::7]
    rays, next_rays = _rays(start, camera), _rays(end, camera)
    return PairMotion(
        textured=float((cv2.cornerMinEigenVal(without_noise, blockSize=5) > _TEXTURE).mean()),
        matched=float(is_match.sum() / max(1, is_textured.sum())),
        motion_px=float(np.percentile(np.linalg.norm(end - start, axis=1), 75)) if len(start) else 0.0,
        turning_px=camera.fx * rotation_miss(rays, next_rays),
        rays=rays,
        next_rays=next_rays,
        px=camera.fx,
    )


def rotation_miss(rays: Float[np.ndarray, "n 2"], next_rays: Float[np.ndarray, "n 2"]) -> float:
    """The 75th percentile of what the best rotation of the rays misses, in x/z; infinite for fewer than 8 rays."""
    if len(rays) < 8:
        return float("inf")
    first, second = _unit(rays), _unit(next_rays)
    is_used = np.ones(len(rays), bool)
    miss = np.zeros(len(rays))
    for _ in range(3):  # the worst quarter may move for itself
        U, _, Vt = np.linalg.svd(first[is_used].T @ second[is_used])
        R = Vt.T @ np.diag((1, 1, np.linalg.det(Vt.T @ U.T))) @ U.T  # Kabsch 1976
        turned = first @ R.T
        miss = np.linalg.norm(turned[:, :2] / turned[:, 2:] - next_rays, axis=1)
        is_used = miss <= np.percentile(miss, 75)
    return float(np.percentile(miss, 75))


def _unit(rays: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 3"]:
    points = np.column_stack((rays, np.ones(len(rays))))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def _rays(places: Float[np.ndarray, "n 2"], camera: Camera) -> Float[np.ndarray, "n 2"]:
    return (places.astype(np.float64) + 0.5 - (camera.cx, camera.cy)) / (camera.fx, camera.fy)


def _pairs(clip: Frames) -> Iterator[tuple[int, int]]:
    """A target and one of its sources over time, earlier first, spread over the clip."""
    if not clip.offsets:
        return
    offset = max(clip.offsets, key=lambda each: (-abs(each), each))  # the nearest, later rather than earlier
    for target in _spread(clip.targets):
        yield min(target, target + offset), max(target, target + offset)


def _spread(targets: Sequence[int]) -> list[int]:
    return [targets[index] for index in np.unique(np.linspace(0, len(targets) - 1, NUM_PAIRS).round().astype(int))]
