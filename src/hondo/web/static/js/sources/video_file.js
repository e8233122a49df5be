// A video file, played by the browser: it can be paused, sought and played again.

import { framesOf } from "./video_frames.js";
import { streamImages } from "./stream_images.js";

export async function videoFile(file, page) {
  page.step("Opening the video");
  const url = URL.createObjectURL(file);
  const video = Object.assign(document.createElement("video"), { src: url, muted: true, playsInline: true });
  try {
    await video.play();
  } catch {
    URL.revokeObjectURL(url);
    throw new Error(`${file.name}: this browser cannot play the video`);
  }
  const frames = framesOf(video);
  const stop = () => { frames.end(); video.pause(); URL.revokeObjectURL(url); };
  const stream = streamImages({ page, next: frames.next, dropped: frames.dropped, stop });
  video.addEventListener("ended", () => page.ended());
  video.addEventListener("seeked", () => {
    frames.forget();
    if (video.paused) stream.sendOne();
  });
  return {
    ...stream,
    setModel: (name) => { frames.forget(); stream.setModel(name); },
    pause: (isPaused) => { isPaused ? video.pause() : video.play().catch(() => {}); stream.pause(isPaused); }, // it may be paused again at once
    timeline: {
      position: () => video.currentTime,
      duration: () => (Number.isFinite(video.duration) ? video.duration : 0),
      seek: (seconds) => { video.currentTime = seconds; },
      setLoop: (isLoop) => { video.loop = isLoop; },
    },
  };
}
