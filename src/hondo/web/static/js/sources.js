// Image sources. Each calls `show(frame, drawable, capturedAt)` with the frames that the server sends.

import { decode } from "./frame.js";
import { connect, get, getJson, isLocal } from "./server.js";

const SEND_SIDE = 640; // longer side in pixels of the frames that are sent
const IN_FLIGHT = 2; // one is processed, the next one waits
const AHEAD = isLocal ? 2 : 4; // frames of the server camera that are sent before the page confirms them
const JPEG_QUALITY = 0.85;
const MAX_BYTES = 15e6, MAX_PIXELS = 50e6; // larger image files are resized before they are sent
const LARGEST_SIDE = 2560;
const LOST = "Connection lost; reconnecting…";
const NO_CAMERA = "Browsers allow camera access only on localhost or over HTTPS.";

// The server camera: frames with image and depth, at most AHEAD of them before they are shown.
export function serverCamera({ show, report, warn, state }) {
  let count = 0;
  const present = newestOnly(async ({ data, arrived, number }) => {
    const frame = await decode(data);
    show(frame, await createImageBitmap(frame.image), arrived - frame.header.latency_ms);
    socket.send(JSON.stringify({ shown: number }));
  });
  const socket = connect(() => `/v1/live?ahead=${AHEAD}`, {
    open: () => { count = 0; },
    closed: () => warn(LOST),
    message: (data) => {
      if (data instanceof ArrayBuffer) return present({ data, arrived: performance.now(), number: ++count });
      if (data.error) report(data.error, true);
      else state(data.stats);
    },
  });
  return {
    stop: socket.close,
    setModel: (model) => socket.send(JSON.stringify({ model })),
    pause: (isPaused) => socket.send(JSON.stringify({ action: isPaused ? "pause" : "resume" })),
  };
}

// Runs `process` on one value at a time; of the values that arrive meanwhile only the newest is kept.
function newestOnly(process) {
  let next = null, isBusy = false;
  return async (value) => {
    next = value;
    if (isBusy) return;
    isBusy = true;
    try {
      while (next) {
        const now = next;
        next = null;
        await process(now);
      }
    } finally {
      isBusy = false;
    }
  };
}

// Sends images of this page to the server one by one. `next()` resolves to a drawable, or null if there is no more.
function streamImages({ next, show, report, warn, model, side = 384, stop = () => {}, once = false, dropped = () => 0 }) {
  const waiting = new Map(); // number -> the image that was sent
  let number = 0, isStopped = false, isPaused = false, isPumping = false;
  const address = () => `/v1/stream?${new URLSearchParams({ side, ...(model() ? { model: model() } : {}) })}`;
  const socket = connect(address, {
    open: () => { number = 0; waiting.clear(); warn(""); pump(); },
    closed: () => warn(LOST),
    message: async (data) => {
      if (data instanceof ArrayBuffer) await showAnswer(await decode(data));
      else {
        report(data.error, true);
        waiting.delete(data.number);
      }
      if (!once) pump();
    },
  });
  function showAnswer(frame) {
    const mine = waiting.get(frame.header.number);
    for (const older of [...waiting.keys()]) if (older <= frame.header.number) waiting.delete(older);
    if (!mine || isStopped) return;
    frame.header.dropped += dropped();
    show(frame, mine.drawable, mine.capturedAt);
  }
  async function pump() {
    if (isPumping) return;
    isPumping = true;
    try {
      while (!isStopped && !isPaused && waiting.size < IN_FLIGHT) {
        const drawable = await next();
        if (!drawable || isStopped) break;
        const capturedAt = performance.now();
        const blob = drawable.blob ?? (await encodeJpeg(drawable));
        waiting.set(number++, { drawable: drawable.shown ?? drawable, capturedAt });
        socket.send(blob);
        if (once) break;
      }
    } catch (error) {
      report(error.message, true); // e.g. the server is down; the clip continues after it restarts
    } finally {
      isPumping = false;
    }
  }
  return {
    stop: () => { isStopped = true; socket.close(); stop(); },
    setModel: (name) => { socket.send(JSON.stringify({ model: name })); if (once) pump(); },
    pause: (paused) => { isPaused = paused; if (!paused) pump(); },
  };
}

// Frames of a video element, each one once, at the size that is sent.
function framesOf(video) {
  let last = -1, seen = 0, taken = 0, isStopped = false;
  const isNew = () => video.readyState >= 2 && video.currentTime !== last && video.videoWidth > 0;
  const count = () => { seen++; if (!isStopped) video.requestVideoFrameCallback?.(count); };
  video.requestVideoFrameCallback?.(count);
  return {
    dropped: () => Math.max(0, seen - taken - 1),
    end: () => { isStopped = true; },
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

function drawResized(source, width, height, side = SEND_SIDE) {
  const scale = Math.min(1, side / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

const encodeJpeg = (canvas) => new Promise((done) => canvas.toBlob(done, "image/jpeg", JPEG_QUALITY));

export async function ownCamera(page) {
  if (!navigator.mediaDevices) throw new Error(NO_CAMERA);
  const media = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
  const video = Object.assign(document.createElement("video"), { srcObject: media, muted: true, playsInline: true });
  await video.play();
  const frames = framesOf(video), [track] = media.getTracks();
  track.addEventListener("ended", () => page.warn("The camera was disconnected; reconnect it and select it again."));
  return streamImages({ ...page, ...frames, stop: () => { frames.end(); track.stop(); } });
}

export async function videoFile(file, page) {
  const url = URL.createObjectURL(file);
  const video = Object.assign(document.createElement("video"), { src: url, muted: true, loop: true, playsInline: true });
  try {
    await video.play();
  } catch {
    URL.revokeObjectURL(url);
    throw new Error(`${file.name}: this browser cannot play the video`);
  }
  const frames = framesOf(video);
  const source = streamImages({ ...page, ...frames, stop: () => { frames.end(); video.pause(); URL.revokeObjectURL(url); } });
  const pause = source.pause;
  source.pause = (isPaused) => { isPaused ? video.pause() : video.play(); pause(isPaused); };
  return source;
}

export async function imageFile(file, page) {
  const shown = await createImageBitmap(file).catch(() => { throw new Error(`${file.name}: this browser cannot decode the image`); });
  const isLarge = file.size > MAX_BYTES || shown.width * shown.height > MAX_PIXELS;
  const blob = isLarge ? await encodeJpeg(drawResized(shown, shown.width, shown.height, LARGEST_SIDE)) : file;
  return streamImages({ ...page, next: async () => ({ blob, shown }), side: 768, once: true });
}

export async function sampleClip(page) {
  const clip = await getJson("/v1/clip");
  const images = [];
  let at = 0, due = 0;
  const next = async () => {
    const now = performance.now();
    due = Math.max(due + 1000 / clip.frames_per_second, now - 200);
    if (due > now) await new Promise((done) => setTimeout(done, due - now));
    const number = at++ % clip.pictures;
    if (!images[number]) {
      const blob = await (await get(`/v1/clip/${number}`)).blob();
      images[number] = { blob, shown: await createImageBitmap(blob) };
    }
    return images[number];
  };
  return streamImages({ ...page, next });
}
