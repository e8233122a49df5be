// Frames of a video element, each one once, at the size that is sent.

import { drawResized } from "./resize.js";

export function framesOf(video) {
  let last = -1, seen = 0, taken = 0, isStopped = false;
  const isNew = () => video.readyState >= 2 && video.currentTime !== last && video.videoWidth > 0 && !video.seeking;
  const count = () => { seen++; if (!isStopped) video.requestVideoFrameCallback?.(count); };
  video.requestVideoFrameCallback?.(count);
  return {
    dropped: () => Math.max(0, seen - taken - 1),
    end: () => { isStopped = true; },
    forget: () => { last = -1; }, // the frame that is shown now counts as new
    next: async () => {
      while (!isNew()) {
        if (isStopped) return null;
        await new Promise((done) => setTimeout(done, 4));
      }
      last = video.currentTime;
      taken++;
      return drawResized(video, video.videoWidth, video.videoHeight);
    },
  };
}
