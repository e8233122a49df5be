// The camera or recording of the server (`hondo live`): frames with image and depth, which all viewers share.

import { decode } from "../frames/frame.js";
import { connect, isLocal } from "../server.js";

const AHEAD = isLocal ? 2 : 4; // frames that are sent before the page confirms them
const PAUSE_MS = 1000; // frames that arrive later than this after a pause: another viewer resumed
const TEXTS = { running: "", paused: "", ended: "", starting: "The camera is starting…" };

export function serverCamera(page) {
  let count = 0, isStopped = false, pausedAt = 0, stats = {}, isPaused = false, isOver = false;
  const present = newestOnly(async ({ data, arrived, number }) => {
    const frame = await decode(data), image = await createImageBitmap(frame.image);
    if (isStopped) return;
    socket.send(JSON.stringify({ shown: number }));
    if (isPaused && performance.now() - pausedAt < PAUSE_MS) return;
    setPaused(false);
    stats = frame.header.stats;
    if (isOver && stats.state === "running") page.paused((isOver = false)); // played again
    page.found();
    page.show(frame, image, arrived - frame.header.latency_ms);
  });
  function setPaused(value) {
    if (value && !isPaused) pausedAt = performance.now();
    if (value !== isPaused) page.paused((isPaused = value));
  }
  function showState(given) {
    stats = given;
    if (stats.state === "paused") setPaused(true);
    if (stats.state === "ended" && !isOver) page.ended((isOver = true));
    const text = TEXTS[stats.state] ?? (stats.state === "reconnecting" ? `${stats.reason}. Reconnecting…`
      : `The camera has ${stats.state}${stats.reason ? `: ${stats.reason}` : ""}`);
    if (text) page.lost(text);
  }
  const socket = connect(() => `/v1/live?ahead=${AHEAD}`, {
    open: () => { count = 0; page.step("Waiting for the first frame"); },
    closed: () => page.lost("Connection lost; reconnecting…"),
    message: (data) => {
      if (data instanceof ArrayBuffer) return present({ data, arrived: performance.now(), number: ++count });
      if (data.error) page.complain(data.error);
      else showState(data.stats);
    },
  });
  const command = (given) => socket.send(JSON.stringify(given));
  return {
    stop: () => { isStopped = true; socket.close(); },
    setModel: (model) => command({ model }),
    pause: (value) => { setPaused(value); command({ action: value ? "pause" : "resume" }); },
    timeline: {
      position: () => stats.position_s ?? 0,
      duration: () => stats.duration_s ?? 0,
      seek: (seconds) => { setPaused(false); command({ action: "seek", time_s: seconds }); },
    },
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
