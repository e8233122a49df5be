// Where pictures come from. Each source calls `show(frame, drawable, caughtAt)` with what the server answered.

import { decode } from "./frame.js";
import { connect, get, getJson, isNear } from "./server.js";

const SEND_SIDE = 640; // pixels of the longer side of a frame that is sent
const IN_FLIGHT = 2; // one at work, one ready for when it is done
const AHEAD = isNear ? 2 : 4; // frames of the server's camera on their way; the answer that one is shown takes its time
const JPEG_QUALITY = 0.85;
const MOST_BYTES = 15e6, MOST_PIXELS = 50e6; // of a file that is sent as it is; a larger picture is made smaller
const LARGEST_SIDE = 2560;
const LOST = "The connection is lost; trying again…";
const NO_CAMERA = "Browsers give a page its camera only on localhost or over HTTPS.";

// The server's own camera: pictures come with their depth, and no more than AHEAD before they are shown.
export function serverCamera({ show, tell, warn, state }) {
  let count = 0;
  const present = newestOnly(async ({ data, came, number }) => {
    const frame = await decode(data);
    show(frame, await createImageBitmap(frame.picture), came - frame.header.latency_ms);
    socket.send(JSON.stringify({ shown: number }));
  });
  const socket = connect(() => `/v1/live?ahead=${AHEAD}`, {
    open: () => { count = 0; },
    closed: () => warn(LOST),
    message: (data) => {
      if (data instanceof ArrayBuffer) return present({ data, came: performance.now(), number: ++count });
      if (data.error) tell(data.error, true);
      else state(data.stats);
    },
  });
  return {
    stop: socket.close,
    setModel: (model) => socket.send(JSON.stringify({ model })),
    pause: (isPaused) => socket.send(JSON.stringify({ action: isPaused ? "pause" : "resume" })),
  };
}

// Runs `work` on one value at a time; of those that come meanwhile only the newest is kept.
function newestOnly(work) {
  let next = null, isBusy = false;
  return async (value) => {
    next = value;
    if (isBusy) return;
    isBusy = true;
    try {
      while (next) {
        const now = next;
        next = null;
        await work(now);
      }
    } finally {
      isBusy = false;
    }
  };
}

// Pictures of this page, sent to the server one after another. `next()` resolves to a drawable or null (nothing new).
function sent({ next, show, tell, warn, model, side = 384, stop = () => {}, once = false, dropped = () => 0 }) {
  const waiting = new Map(); // number -> what was sent
  let number = 0, isOver = false, isPaused = false, isPumping = false;
  const address = () => `/v1/stream?${new URLSearchParams({ side, ...(model() ? { model: model() } : {}) })}`;
  const socket = connect(address, {
    open: () => { number = 0; waiting.clear(); warn(""); pump(); },
    closed: () => warn(LOST),
    message: async (data) => {
      if (data instanceof ArrayBuffer) await answered(await decode(data));
      else {
        tell(data.error, true);
        waiting.delete(data.number);
      }
      if (!once) pump();
    },
  });
  function answered(frame) {
    const mine = waiting.get(frame.header.number);
    for (const older of [...waiting.keys()]) if (older <= frame.header.number) waiting.delete(older);
    if (!mine || isOver) return;
    frame.header.dropped += dropped();
    show(frame, mine.drawable, mine.caughtAt);
  }
  async function pump() {
    if (isPumping) return;
    isPumping = true;
    try {
      while (!isOver && !isPaused && waiting.size < IN_FLIGHT) {
        const drawable = await next();
        if (!drawable || isOver) break;
        const caughtAt = performance.now();
        const blob = drawable.blob ?? (await jpeg(drawable));
        waiting.set(number++, { drawable: drawable.shown ?? drawable, caughtAt });
        socket.send(blob);
        if (once) break;
      }
    } catch (error) {
      tell(error.message, true); // the clip's next picture, where the server is gone: it goes on when that is back
    } finally {
      isPumping = false;
    }
  }
  return {
    stop: () => { isOver = true; socket.close(); stop(); },
    setModel: (name) => { socket.send(JSON.stringify({ model: name })); if (once) pump(); },
    pause: (paused) => { isPaused = paused; if (!paused) pump(); },
  };
}

// Frames of a video element, each once, at the size that is sent.
function framesOf(video) {
  let last = -1, seen = 0, taken = 0, isOver = false;
  const isNew = () => video.readyState >= 2 && video.currentTime !== last && video.videoWidth > 0;
  const count = () => { seen++; if (!isOver) video.requestVideoFrameCallback?.(count); };
  video.requestVideoFrameCallback?.(count);
  return {
    dropped: () => Math.max(0, seen - taken - 1),
    end: () => { isOver = true; },
    next: async () => {
      while (!isNew()) {
        if (isOver) return null;
        await new Promise((done) => setTimeout(done, 4));
      }
      last = video.currentTime;
      taken++;
      return drawn(video, video.videoWidth, video.videoHeight);
    },
  };
}

function drawn(source, width, height, side = SEND_SIDE) {
  const scale = Math.min(1, side / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

const jpeg = (canvas) => new Promise((done) => canvas.toBlob(done, "image/jpeg", JPEG_QUALITY));

export async function ownCamera(page) {
  if (!navigator.mediaDevices) throw new Error(NO_CAMERA);
  const media = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
  const video = Object.assign(document.createElement("video"), { srcObject: media, muted: true, playsInline: true });
  await video.play();
  const frames = framesOf(video), [track] = media.getTracks();
  track.addEventListener("ended", () => page.warn("The camera is gone; plug it in and choose it again."));
  return sent({ ...page, ...frames, stop: () => { frames.end(); track.stop(); } });
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
  const frames = framesOf(video);
  const source = sent({ ...page, ...frames, stop: () => { frames.end(); video.pause(); URL.revokeObjectURL(url); } });
  const pause = source.pause;
  source.pause = (isPaused) => { isPaused ? video.pause() : video.play(); pause(isPaused); };
  return source;
}

export async function pictureFile(file, page) {
  const shown = await createImageBitmap(file).catch(() => { throw new Error(`${file.name}: this browser cannot show it`); });
  const isLarge = file.size > MOST_BYTES || shown.width * shown.height > MOST_PIXELS;
  const blob = isLarge ? await jpeg(drawn(shown, shown.width, shown.height, LARGEST_SIDE)) : file;
  return sent({ ...page, next: async () => ({ blob, shown }), side: 768, once: true });
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
