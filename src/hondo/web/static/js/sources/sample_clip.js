// The sample clip of the server: images that this page fetches and sends back as if they came from a camera.

import { get, getJson } from "../server.js";
import { streamImages } from "./stream_images.js";

const LATE_MS = 200; // a page that is later than this does not hurry after the clip

export async function sampleClip(page) {
  page.step("Loading the clip");
  const clip = await getJson("/v1/clip"), frameMs = 1000 / clip.frames_per_second;
  const images = [];
  let at = 0, due = 0, isLoop = true, isStopped = false, isOver = false;
  const next = async () => {
    if (at >= clip.pictures) {
      if (!isLoop) {
        if (!isOver) page.ended();
        isOver = true;
        return null;
      }
      at = 0;
    }
    const now = performance.now();
    due = Math.max(due + frameMs, now - LATE_MS);
    if (due > now) await new Promise((done) => setTimeout(done, due - now));
    const number = at++;
    if (!images[number]) {
      const blob = await (await get(`/v1/clip/${number}`)).blob();
      images[number] = { blob, shown: await createImageBitmap(blob) };
    }
    return isStopped ? null : images[number];
  };
  const stream = streamImages({ page, next, stop: () => { isStopped = true; } });
  const seek = (seconds) => {
    at = Math.max(0, Math.min(clip.pictures - 1, Math.floor((seconds * 1000) / frameMs)));
    isOver = false;
  };
  return {
    ...stream,
    setModel: (name) => { at = Math.max(0, at - 1); stream.setModel(name); },
    timeline: {
      position: () => (at * frameMs) / 1000,
      duration: () => (clip.pictures * frameMs) / 1000,
      seek: (seconds) => { seek(seconds); stream.sendOne(); },
      setLoop: (value) => { isLoop = value; },
    },
  };
}
