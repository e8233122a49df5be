// The camera of this device.

import { framesOf } from "./video_frames.js";
import { streamImages } from "./stream_images.js";

const ERRORS = {
  NotAllowedError: "Camera access was denied; allow it in the browser and try again.",
  NotFoundError: "There is no camera on this device; connect one and try again.",
  NotReadableError: "The camera is in use by another program; close that program and try again.",
};

export async function ownCamera(page) {
  if (!navigator.mediaDevices) throw new Error("Browsers allow camera access only on localhost or over HTTPS.");
  page.step("Waiting for permission to use the camera");
  const media = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } })
    .catch((error) => { throw new Error(ERRORS[error.name] ?? error.message); });
  const video = Object.assign(document.createElement("video"), { srcObject: media, muted: true, playsInline: true });
  await video.play();
  page.step("Connecting to the server");
  const frames = framesOf(video), [track] = media.getTracks();
  track.addEventListener("ended", () => page.lost("The camera was disconnected; reconnect it and select it again."));
  return streamImages({ page, next: frames.next, dropped: frames.dropped, stop: () => { frames.end(); track.stop(); } });
}
