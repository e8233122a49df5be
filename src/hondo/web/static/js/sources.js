// Where pictures come from. Each source calls `show(frame, drawable, caughtAt)` with what the server answered.

import { decode } from "./frame.js";
import { connect, get, getJson } from "./server.js";

const SEND_SIDE = 640; // pixels of the longer side of a frame that is sent
const IN_FLIGHT = 2; // one at work, one ready for when it is done
const JPEG_QUALITY = 0.85;

// The server's own camera: pictures come with their depth.
export function serverCamera({ show, tell, state }) {
  let newest = 0;
  const socket = connect("/v1/live", {
    closed: () => tell("The connection is lost; trying again…", true),
    message: async (data) => {
      if (!(data instanceof ArrayBuffer)) return data.error ? tell(data.error, true) : state(data.stats);
      const number = ++newest;
      const frame = await decode(data);
      const picture = await createImageBitmap(frame.picture);
      if (number === newest) show(frame, picture, performance.now() - frame.header.latency_ms);
    },
  });
  return {
    stop: socket.close,
    setModel: (model) => socket.send(JSON.stringify({ model })),
    pause: (isPaused) => socket.send(JSON.stringify({ action: isPaused ? "pause" : "resume" })),
  };
}

// Pictures of this page, sent to the server one after another. `next()` resolves to a drawable or null (nothing new).
function sent({ next, show, tell, model, side = 384, stop = () => {}, once = false, dropped = () => 0 }) {
  const waiting = new Map(); // number -> what was sent
  let number = 0, isOver = false, isPaused = false, isPumping = false;
  const options = new URLSearchParams({ side, ...(model() ? { model: model() } : {}) });
  const socket = connect(`/v1/stream?${options}`, {
    open: () => { number = 0; waiting.clear(); pump(); },
    closed: () => tell("The connection is lost; trying again…", true),
    message: async (data) => {
      if (!(data instanceof ArrayBuffer)) {
        tell(data.error, true);
        waiting.delete(data.number);
        return pump();
      }
      const frame = await decode(data);
      const mine = waiting.get(frame.header.number);
      for (const older of [...waiting.keys()]) if (older <= frame.header.number) waiting.delete(older);
      if (mine && !isOver) {
        frame.header.dropped += dropped();
        show(frame, mine.drawable, mine.caughtAt);
      }
      pump();
    },
  });
  async function pump() {
    if (isPumping) return;
    isPumping = true;
    while (!isOver && !isPaused && waiting.size < IN_FLIGHT) {
      const drawable = await next();
      if (!drawable || isOver) break;
      const caughtAt = performance.now();
      const blob = drawable.blob ?? (await jpeg(drawable));
      waiting.set(number++, { drawable: drawable.shown ?? drawable, caughtAt });
      socket.send(blob);
      if (once) break;
    }
    isPumping = false;
  }
  return {
    stop: () => { isOver = true; socket.close(); stop(); },
    setModel: (name) => { socket.send(JSON.stringify({ model: name })); if (once) pump(); },
    pause: (paused) => { isPaused = paused; if (!paused) pump(); },
  };
}

// Frames of a video element, each once, at the size that is sent.
function framesOf(video) {
  let last = -1, seen = 0, taken = 0;
  const isNew = () => video.readyState >= 2 && video.currentTime !== last && video.videoWidth > 0;
  const count = () => { seen++; video.requestVideoFrameCallback?.(count); };
  video.requestVideoFrameCallback?.(count);
  return {
    dropped: () => Math.max(0, seen - taken - 1),
    next: async () => {
      while (!isNew()) await new Promise((done) => setTimeout(done, 4));
      last = video.currentTime;
      taken++;
      return drawn(video, video.videoWidth, video.videoHeight);
    },
  };
}

function drawn(source, width, height) {
  const scale = Math.min(1, SEND_SIDE / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

const jpeg = (canvas) => new Promise((done) => canvas.toBlob(done, "image/jpeg", JPEG_QUALITY));

export async function ownCamera(page) {
  const media = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
  const video = Object.assign(document.createElement("video"), { srcObject: media, muted: true, playsInline: true });
  await video.play();
  return sent({ ...page, ...framesOf(video), stop: () => media.getTracks().forEach((track) => track.stop()) });
}

export async function videoFile(file, page) {
  const url = URL.createObjectURL(file);
  const video = Object.assign(document.createElement("video"), { src: url, muted: true, loop: true, playsInline: true });
  try {
    await video.play();
  } catch {
    URL.revokeObjectURL(url);
    throw new Error(`${file.name}: this browser cannot play it`);
  }
  const source = sent({ ...page, ...framesOf(video), stop: () => { video.pause(); URL.revokeObjectURL(url); } });
  const pause = source.pause;
  source.pause = (isPaused) => { isPaused ? video.pause() : video.play(); pause(isPaused); };
  return source;
}

export async function pictureFile(file, page) {
  const shown = await createImageBitmap(file).catch(() => { throw new Error(`${file.name}: this browser cannot show it`); });
  return sent({ ...page, next: async () => ({ blob: file, shown }), side: 768, once: true });
}

export async function sampleClip(page) {
  const clip = await getJson("/v1/clip");
  const pictures = [];
  let at = 0, due = 0;
  const next = async () => {
    const now = performance.now();
    due = Math.max(due + 1000 / clip.frames_per_second, now - 200);
    if (due > now) await new Promise((done) => setTimeout(done, due - now));
    const number = at++ % clip.pictures;
    if (!pictures[number]) {
      const blob = await (await get(`/v1/clip/${number}`)).blob();
      pictures[number] = { blob, shown: await createImageBitmap(blob) };
    }
    return pictures[number];
  };
  return sent({ ...page, next });
}
