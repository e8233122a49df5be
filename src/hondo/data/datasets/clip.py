"""A clip: a folder of images in order, or a video file, with intrinsics, and optionally some depth maps and poses."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8

from hondo.core.errors import HondoError
from hondo.core.sample import Sample, SourceView, ViewRole
from hondo.core.types import Camera, Size
from hondo.data.datasets.clip_files import FrameChoice, find_layout, frame_size, list_images, match_depth
from hondo.data.datasets.intrinsics import exif_camera, is_field_of_view, read_camera
from hondo.data.datasets.poses import read_poses, relative_pose
from hondo.data.datasets.rgbd import known_depth
from hondo.data.datasets.stereo_pair import (
    SIDE_BY_SIDE,
    calibration_of,
    check_baseline,
    left_and_right_half,
    match_right,
    rectified_camera,
    right_side,
    same_number,
    stereo_pose,
)
from hondo.data.loading.fit_sample import fit_sample, image_tensor, registered_depth
from hondo.data.partners.pairing import pose_indices
from hondo.data.partners.scene_mask import read_mask
from hondo.data.partners.track import Track, read_track
from hondo.data.partners.turned_pair import (
    check_orientation,
    lies_as_stored,
    off_centre,
    say_turned,
    stored_size,
    turned_camera,
    turned_depth,
    turned_poses,
)
from hondo.data.partners.undistorted import scene_through, undistorter
from hondo.images.placement import Crop, check_crop, cropped
from hondo.images.read import image_orientation, image_size, read_depth, read_image
from hondo.images.unpacked_video import unpack_video
from hondo.images.video_file import probe_video


class Frames(Sequence[Sample]):
    """Frames of one size as samples; their neighbours as source views.

    ``root``: a folder of images, a video file, or a folder with images/ and optionally depth/, intrinsics.json or
    K.txt, and poses.txt. ``camera``: see read_camera; None takes the one found there, else intrinsics stay unknown.
    ``sources``: offsets in frames, e.g. (-1, 1); frames without all of them are no targets. "stereo": the right image
    of a rectified pair, ``baseline`` metres apart (None: as the camera's file says); ``root`` holds left/ and right/,
    or is left/, or ``right`` is the folder or video of the right images, or "side-by-side": every frame shows both.
    ``depth``: folder of maps, metres = value / divide_by, matched by name or each ``depth_every``-th frame.
    ``poses``: file of camera-to-world matrices. ``with_depth``: only frames with a depth map are targets (None: if
    there are depth maps and no sources). ``start``, ``stop``: the frames used, as in a slice; ``every``: each n-th
    target; ``only``: targets whose file name starts so. ``size_hw``: scaled with the aspect kept and padded.
    ``crop``: the window (top, left, height, width) used, in pixels of the clip as it came; ``mask``: an image as large,
    black where no scene is seen. ``track``: a table of speeds or GPS (see ``read_track``). ``max_depth`` and
    ``partner_orientation``: as of ``Rgbd``.
    """

    held_back: Sequence[int] = ()  # targets that training leaves out

    def __init__(
        self,
        root: str | Path,
        *,
        camera: Camera | str | Path | tuple[float, ...] | None = None,
        size_hw: Size | None = None,
        sources: tuple[ViewRole, ...] = (),
        baseline: float | None = None,
        right: str | Path | None = None,
        depth: str | Path | None = None,
        divide_by: float = 1000.0,
        depth_every: int | None = None,
        poses: str | Path | None = None,
        with_depth: bool | None = None,
        start: int = 0,
        stop: int | None = None,
        every: int = 1,
        only: str | None = None,
        max_depth: float | None = None,
        partner_orientation: str = "stored",
        crop: Crop | None = None,
        mask: str | Path | None = None,
        track: str | Path | None = None,
    ) -> None:
        _check(sources, every=every, divide_by=divide_by)
        self.root, self.size_hw, self.sources, self.divide_by = Path(root), size_hw, tuple(sources), divide_by
        layout = find_layout(self.root)
        self.is_video = layout.images.is_file()
        _check_camera(camera, layout.images, sources)
        choice = FrameChoice(start=start, stop=stop, every=every, offsets=self.offsets)
        right = right_side(right or layout.right, self.root, is_needed="stereo" in sources)
        self.halves = left_and_right_half(frame_size(layout.images), crop=crop) if right == SIDE_BY_SIDE else None
        self.crop = self.halves[0] if self.halves else crop
        depth_folder, poses_file = depth or layout.depth, poses or layout.poses
        self.images, full_hw = self._open(
            layout.images,
            choice,
            has_depth=depth_folder is not None or bool(sources),
            is_whole=bool(depth_folder or only),
        )
        calibration = calibration_of(camera or layout.camera)
        self.right = None if right is None or "stereo" not in sources else self._open_right(right, choice)
        if self.right is not None:
            self.T_right_left = stereo_pose(check_baseline(baseline or calibration.baseline, self.root))
        found = {} if depth_folder is None else match_depth(Path(depth_folder), self.images, every=depth_every)
        self.depth_maps: Mapping[int, Path] = found
        self.stack = Path(depth_folder) if depth_folder is not None and Path(depth_folder).is_file() else None
        self.max_depth, self.partner_orientation = max_depth, check_orientation(partner_orientation)
        self.orientation = 1 if self.is_video else image_orientation(self.images[0])
        self.poses = None if poses_file is None else self._read_poses(Path(poses_file))
        self.track = self._read_track(track or layout.track)
        view_hw = full_hw if self.halves is None else self.halves[0][2:]
        rectified = rectified_camera(calibration, view_hw) if self.right is not None else None
        self.camera = self._camera(rectified or camera or layout.camera, full_hw=view_hw)
        self.lens = undistorter(camera or layout.camera, self.camera) if self._may_bend else None
        is_scene = read_mask(Path(mask), full_hw=full_hw, crop=crop, size_hw=self.frame_hw) if mask else None
        self.is_scene = scene_through(self.lens, is_scene)
        with_depth = bool(self.depth_maps) and not sources if with_depth is None else with_depth
        self.targets = self._targets(range(len(self.images))[start:stop], with_depth=with_depth, only=only)[::every]

    @property
    def offsets(self) -> tuple[int, ...]:
        """The sources that are other frames."""
        return tuple(role for role in self.sources if role != "stereo")

    @property
    def used(self) -> list[int]:
        """The frames that are targets or sources, in order."""
        return sorted({frame + offset for frame in self.targets for offset in (0, *self.offsets)})

    def check_sizes(self) -> None:
        """Refuses a frame of another size than the first; reads the headers of the files only."""
        for frame in self.used:
            self._check_size(self.images[frame], image_size(self.images[frame]))
            if self.right is not None:
                self._check_size(self.right[frame], image_size(self.right[frame]), what="right image")

    @property
    def origins(self) -> tuple[str, ...]:
        """What names each sample, without reading it."""
        return tuple(self.origin(frame) for frame in self.targets)

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> Sample:  # pyright: ignore[reportIncompatibleMethodOverride]
        frame = self.targets[index]
        depth_gt, valid, remark = self._depth(frame)
        sample = Sample(
            image=self._image(frame),
            camera=self.camera,
            depth_gt=depth_gt,
            valid=valid,
            is_scene=self.is_scene,
            sources=tuple(self._view(frame, offset) for offset in self.sources),
            origin=self.origin(frame),
            remarks=(remark,) if remark else (),
        )
        return fit_sample(sample, self.size_hw)

    def use_exif_camera(self) -> None:
        """Takes the focal length in EXIF where no intrinsics are known, with a warning."""
        if self.camera is None and not self.is_video:
            self.camera = exif_camera(self.images[0], size_hw=self.frame_hw)

    def origin(self, frame: int) -> str:
        """What names a frame: its file, or the video and the frame's number."""
        return f"{self.root}#{frame:06d}" if self.is_video else str(self.images[frame])

    def _open(self, source: Path, choice: FrameChoice, *, has_depth: bool, is_whole: bool) -> tuple[list[Path], Size]:
        """The frames' files, and the size of the clip as it came (that of intrinsics given in pixels).

        Of a video only the frames in use are unpacked, unless ``is_whole``: the targets are not known before.
        """
        if not self.is_video:
            images = list_images(source, has_depth=has_depth)
            self.stored_hw = image_size(images[0])
            check_crop(self.crop, self.stored_hw, where=source)
            self.frame_hw = self.stored_hw if self.crop is None else (self.crop[2], self.crop[3])
            return images, self.stored_hw
        is_used = (lambda number: True) if is_whole else choice.is_used
        check_crop(self.crop, probe_video(source).size_hw, where=source)
        video = unpack_video(source, size_hw=self.size_hw, is_used=is_used, stop=choice.last, crop=self.crop)
        self.frame_hw = self.stored_hw = image_size(video.images[video.used[0]])
        return video.images, video.video_hw

    def _open_right(self, right: str | Path, choice: FrameChoice) -> list[Path]:
        """The right image of each left one; the same files where a frame shows both."""
        if not self.is_video:
            return self.images if self.halves else match_right(self.images, list_images(Path(right)))
        source, crop = (self.root, self.halves[1]) if self.halves else (Path(right), self.crop)
        options = {"size_hw": self.size_hw, "is_used": choice.is_used, "stop": choice.last}
        return same_number(self.images, unpack_video(source, crop=crop, **options).images, where=str(right))

    def _camera(self, source: object, *, full_hw: Size) -> Camera | None:
        """The intrinsics at the size of the frames; of turned images as their depth maps lie."""
        if source is None:
            return None
        is_of_pixels = not isinstance(source, Camera) and not is_field_of_view(str(source))
        if self.orientation != 1 and is_of_pixels and self._partners_are_stored():
            stored = self._stored_camera(source, stored_size(full_hw, self.orientation))
            if stored is not None:
                say_turned(self.orientation)
                return turned_camera(stored, self.orientation)
        camera = read_camera(source, size_hw=full_hw, is_undistorted=self._may_bend)  # pyright: ignore[reportArgumentType]
        if self.crop is not None and self.halves is None:  # intrinsics are of one half
            top, left, *size_hw = self.crop
            camera = camera.cropped(top=top, left=left, size_hw=(size_hw[0], size_hw[1]))
        return camera.resized(self.frame_hw)

    @property
    def _may_bend(self) -> bool:
        """Whether images are straightened: not turned ones, nor stereo pairs, which are rectified."""
        return self.orientation == 1 and self.right is None

    def _stored_camera(self, source: object, stored_hw: Size) -> Camera | None:
        """The camera of the stored pixels; None where no depth maps say so and it fits the image as shown better."""
        try:
            camera = read_camera(source, size_hw=stored_hw)  # pyright: ignore[reportArgumentType]
        except HondoError:
            if self.depth_maps:
                raise
            return None
        shown_hw = stored_size(stored_hw, self.orientation)
        is_of_shown = off_centre(camera, size_hw=shown_hw) < off_centre(camera, size_hw=stored_hw)
        return None if is_of_shown and not self.depth_maps else camera

    def _read_poses(self, path: Path) -> Float[np.ndarray, "n 4 4"]:
        poses = read_poses(path)
        poses = poses[pose_indices(self.images, len(poses), where=str(path))]
        orientations = [1 if self.is_video else image_orientation(image) for image in self.images]
        if set(orientations) == {1} or not self._partners_are_stored():
            return poses
        say_turned(max(orientations))
        return turned_poses(poses, orientations, where=str(path))

    def _read_track(self, path: str | Path | None) -> Track | None:
        if path is None or not self.offsets:
            return None
        times = None
        if self.is_video:
            fps = probe_video(self.root).fps
            times = [number / fps for number in range(len(self.images))]
        return read_track(Path(path), self.images, frame_times=times)

    def _partners_are_stored(self) -> bool:
        """Whether intrinsics and poses are of the stored pixels, not of the turned image: by the depth maps, if any."""
        if self.orientation == 1 or not self.depth_maps:
            return self.partner_orientation == "stored"
        depth_hw = self._stored_depth(min(self.depth_maps)).shape
        return lies_as_stored(depth_hw, self.stored_hw, orientation=self.orientation, partners=self.partner_orientation)

    def _targets(self, frames: range, *, with_depth: bool, only: str | None) -> list[int]:
        chosen = [
            frame
            for frame in frames
            if all(frame + offset in frames for offset in self.offsets)
            and (not with_depth or frame in self.depth_maps)
            and (only is None or self.images[frame].name.startswith(only))
        ]
        if not chosen and len(frames) <= max((0, *self.offsets)) - min((0, *self.offsets)):
            raise HondoError(
                f"{self.root}: no frame to use of {len(self.images)}: each needs its neighbours {self.offsets}, and "
                f"{len(frames)} are used; give a clip of more frames"
            )
        if not chosen:
            raise HondoError(
                f"{self.root}: no frame to use of {len(self.images)} (frames {frames.start} to {frames.stop}, "
                f"sources {self.sources}, {len(self.depth_maps)} depth maps, only {only})"
            )
        return chosen

    def _view(self, frame: int, offset: ViewRole) -> SourceView:
        if offset == "stereo":
            assert self.right is not None
            pixels = torch.from_numpy(self.right_pixels(frame))
            return SourceView(image=image_tensor(pixels), role=offset, T_source_target=self.T_right_left)
        other = frame + offset
        pose = None if self.poses is None else relative_pose(self.poses[other], self.poses[frame])
        distance = None if self.track is None else self.track.distance(frame, other)
        return SourceView(image=self._image(other), role=offset, T_source_target=pose, distance=distance)

    def _image(self, frame: int) -> Float[torch.Tensor, "3 h w"]:
        return image_tensor(torch.from_numpy(self.pixels(self.images[frame])))

    def pixels(self, path: Path) -> UInt8[np.ndarray, "h w 3"]:
        """The image of one of the clip's files, cropped as the clip is."""
        return self._cropped(path, self.crop)

    def right_pixels(self, frame: int) -> UInt8[np.ndarray, "h w 3"]:
        """The right image of a frame."""
        assert self.right is not None
        return self._cropped(self.right[frame], self.halves[1] if self.halves else self.crop)

    def _cropped(self, path: Path, crop: Crop | None) -> UInt8[np.ndarray, "h w 3"]:
        image = read_image(path)
        self._check_size(path, (image.shape[0], image.shape[1]))
        image = image if self.is_video or crop is None else np.ascontiguousarray(cropped(image, crop))
        return image if self.lens is None else self.lens.image(image)

    def _check_size(self, path: Path, size_hw: Size, *, what: str = "image") -> None:
        if tuple(size_hw) != tuple(self.stored_hw):
            raise HondoError(
                f"{path}: the {what} is {size_hw[1]}x{size_hw[0]}, the first of the clip "
                f"{self.stored_hw[1]}x{self.stored_hw[0]} (width x height); a clip has one size"
            )

    def _stored_depth(self, frame: int) -> Float[np.ndarray, "h w"]:
        path = self.depth_maps[frame]
        index = None if self.stack is None else sorted(self.depth_maps).index(frame)
        return read_depth(path, divide_by=self.divide_by, index=index)

    def _depth(self, frame: int) -> tuple[Float[torch.Tensor, "1 h w"] | None, Bool[torch.Tensor, "1 h w"] | None, str]:
        if frame not in self.depth_maps:
            return None, None, ""
        path, depth = self.depth_maps[frame], self._stored_depth(frame)
        turn = 1 if self.is_video else image_orientation(self.images[frame])
        if lies_as_stored(depth.shape, self.stored_hw, orientation=turn, partners=self.partner_orientation):
            depth = turned_depth(depth, turn)
        if self.crop is not None:
            scale = depth.shape[0] / self.stored_hw[0]
            top, left, height, width = (round(each * scale) for each in self.crop)
            depth = cropped(depth, (top, left, height, width))
        depth, remark = known_depth(depth, divide_by=self.divide_by, max_depth=self.max_depth)
        valid = np.isfinite(depth) & (depth > 0)
        filled = torch.from_numpy(np.where(valid, depth, 0).astype(np.float32))[None]
        filled, is_known = registered_depth(filled, torch.from_numpy(valid)[None], self.frame_hw, where=path)
        if self.lens is not None:
            filled = torch.from_numpy(self.lens.nearest(filled[0].numpy()))[None]
            is_known = filled > 0
        return filled, is_known, remark


def _check(sources: tuple[ViewRole, ...], *, every: int, divide_by: float) -> None:
    if 0 in sources or len(set(sources)) != len(sources):
        raise HondoError(f"sources must be different offsets other than 0, e.g. (-1, 1), got {sources}")
    if every < 1 or not divide_by > 0:
        raise HondoError(f"every must be 1 or more and divide_by positive, got {every} and {divide_by:g}")


def _check_camera(camera: object, images: Path, sources: tuple[ViewRole, ...]) -> None:
    if images.is_file() and camera is not None and "stereo" not in sources:  # before the frames are unpacked
        read_camera(camera, size_hw=probe_video(images).size_hw)  # pyright: ignore[reportArgumentType]
