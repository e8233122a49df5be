// Sends images of this page to the server one by one and shows the frames that come back.

import { decode } from "../frames/frame.js";
import { connect } from "../server.js";
import { encodeJpeg } from "./resize.js";

const IN_FLIGHT = 2; // one is processed, the next one waits
const LOST = "Connection lost; reconnecting…";

// `next()` resolves to a drawable (or { blob, shown }: a file and its drawable), or null if there is no more. `once`: a still
// image, sent again only for another model. What the page offers to sources: see Session.
export function streamImages({ next, page, side = 384, once = false, dropped = () => 0, stop = () => {} }) {
  const waiting = new Map(); // number -> the image that was sent
  let number = 0, isStopped = false, isPaused = false, isPumping = false, wantsOne = false, wasLost = false;
  const address = () => `/v1/stream?${new URLSearchParams({ side, ...(page.model() ? { model: page.model() } : {}) })}`;
  const socket = connect(address, {
    open: () => {
      number = 0;
      waiting.clear();
      page.step("Waiting for the first depth map");
      if (wasLost) page.found();
      pump();
    },
    closed: () => { wasLost = true; page.lost(LOST); },
    message: async (data) => {
      if (data instanceof ArrayBuffer) showAnswer(await decode(data));
      else {
        waiting.delete(data.number);
        (once ? page.fail : page.complain)(data.error);
      }
      if (!once) pump();
    },
  });
  function showAnswer(frame) {
    const mine = waiting.get(frame.header.number);
    for (const older of [...waiting.keys()]) if (older <= frame.header.number) waiting.delete(older);
    if (!mine || isStopped || (isPaused && !mine.isSought)) return;
    frame.header.dropped += dropped();
    page.show(frame, mine.drawable, mine.capturedAt);
  }
  async function pump(isSought = false) {
    wantsOne ||= isPumping && isSought;
    if (isPumping) return;
    isPumping = true;
    try {
      while (!isStopped && (isSought || (!isPaused && waiting.size < IN_FLIGHT))) {
        const drawable = await next();
        if (!drawable || isStopped) break;
        const capturedAt = performance.now();
        const blob = drawable.blob ?? (await encodeJpeg(drawable));
        waiting.set(number++, { drawable: drawable.shown ?? drawable, capturedAt, isSought });
        socket.send(blob);
        if (once || isSought) break;
      }
    } catch (error) {
      page.complain(error.message); // e.g. the server is down; the clip continues after it restarts
    } finally {
      isPumping = false;
      if (wantsOne) {
        wantsOne = false;
        pump(true);
      }
    }
  }
  return {
    stop: () => { isStopped = true; socket.close(); stop(); },
    setModel: (name) => { socket.send(JSON.stringify({ model: name })); if (once || isPaused) pump(true); },
    pause: (paused) => { isPaused = paused; if (!paused) pump(); },
    sendOne: () => pump(true), // also while paused
    isStill: once,
  };
}
