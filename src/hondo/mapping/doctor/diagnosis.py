"""What was found about one source, as numbers and as lines that say what is odd."""

from dataclasses import dataclass
from typing import Any

from hondo.core.types import Camera
from hondo.data.partners.dataset_file import PlannedClip
from hondo.geometry.focal_length import FocalEstimate
from hondo.mapping.doctor.camera_facts import StereoFacts
from hondo.mapping.doctor.motion_facts import MotionFacts
from hondo.mapping.doctor.sampled_frames import SampledFrames
from hondo.mapping.doctor.static_regions import StaticRegions

FEW, MANY, MANY_MOVING = 0.05, 0.25, 0.3  # shares that are worth a line
SLACK = 1.08  # beyond the interval within which given intrinsics are not doubted


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """One source: ``clip`` is what training should read (None: nothing can be learned, as ``refused`` says)."""

    source: SampledFrames
    motion: MotionFacts
    regions: StaticRegions | None
    given: Camera | None
    focal: FocalEstimate | None  # in pixels of the source
    stereo: StereoFacts | None
    refused: str
    clip: PlannedClip | None

    @property
    def findings(self) -> list[str]:
        """What is odd, one line each; the reason first where nothing can be learned."""
        if self.refused:
            return [self.refused]
        return [*self._of_motion(), *self._of_regions(), *self._of_camera(), *self._of_stereo()]

    def _of_motion(self) -> list[str]:
        motion, found = self.motion, []
        if motion.still > MANY:
            found.append(f"the camera stands still in {motion.still:.0%} of the pairs of frames: they teach nothing")
        if motion.turning > MANY:
            found.append(f"the camera only turns in {motion.turning:.0%} of the pairs that move: they show no parallax")
        if motion.moving_objects > MANY_MOVING:
            found.append(
                f"{motion.moving_objects:.0%} of the matches move against the camera's own motion: traffic or people"
            )
        if motion.exposure_jumps > FEW:
            found.append(
                f"the exposure jumps in {motion.exposure_jumps:.0%} of the pairs: fix it in the camera if you can"
            )
        if motion.cuts:
            found.append(f"{motion.cuts} cuts or lost frames: cut the video into one file a scene")
        if motion.readout is not None:
            found.append(
                f"rolling shutter: rows are read over about {motion.readout:.0%} of a frame's time; move slowly"
            )
        return found

    def _of_regions(self) -> list[str]:
        if self.clip is None or self.regions is None:
            return []
        found = [f"black bars are cut off: crop {self.clip.crop}"] if self.regions.has_bars else []
        if self.clip.mask is not None:
            found.append(
                f"{self.regions.masked:.1%} of the image moves with the camera and is masked: {self.clip.mask.name}"
            )
        return found

    def _of_camera(self) -> list[str]:
        """The given intrinsics against the estimate, or what the estimate is good for."""
        known = self.focal if self.focal is not None and self.focal.is_determined else None
        if known is None and self.given is None and self.stereo is None:
            return ["the motion does not tell the focal length: give the camera (a file, fx,fy,cx,cy or fov=DEGREES)"]
        if known is None or (self.given is not None and known.low / SLACK < self.given.fx < known.high * SLACK):
            return []
        interval = f"{known.focal:.0f} px ({known.low:.0f} to {known.high:.0f})"
        if self.given is not None:
            return [f"fx {self.given.fx:.0f} px looks wrong: the motion fits a focal length of {interval}"]
        return [f"the focal length is estimated: {interval}; a calibration is better"]

    def _of_stereo(self) -> list[str]:
        pair, found = self.stereo, []
        if pair is None:
            return []
        if self.source.is_side_by_side:
            found.append("each frame shows both views side by side: read as stereo pairs")
        if self.clip is not None and self.clip.baseline is None:
            found.append("metres need the distance between the cameras: give baseline=METRES")
        if not pair.num_matches:
            return [*found, "left and right show nothing in common: are they pairs of one moment?"]
        if not pair.is_rectified:
            found.append(
                f"the right images lie {pair.across_px:+.1f} px lower, spread {pair.spread_px:.1f} px: rectify first"
            )
        if pair.disparity_px < 0:
            found.append(f"the median disparity is {pair.disparity_px:.1f} px: left and right look swapped")
        return found

    def measured(self) -> dict[str, Any]:
        """The numbers, for dataset.json."""
        motion, focal = self.motion, self.focal
        numbers = {
            "frames": self.source.count, "fps": self.source.fps, "motion_px": motion.motion_px,
            "still": motion.still, "turning": motion.turning, "moving_objects": motion.moving_objects,
            "exposure_jumps": motion.exposure_jumps, "cuts": motion.cuts, "readout": motion.readout,
            "masked": None if self.regions is None else self.regions.masked,
            "focal_px": None if focal is None else [focal.focal, focal.low, focal.high],
            "stereo_across_px": None if self.stereo is None else self.stereo.across_px,
        }  # fmt: skip
        return {name: round(each, 4) if isinstance(each, float) else each for name, each in numbers.items()}
