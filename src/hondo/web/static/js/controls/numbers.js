// Frame rate, latency, dropped frames and the kind of depth.

const $ = (id) => document.getElementById(id);
const WINDOW_MS = 2000; // over which the frame rate is averaged
const NONE = "–";
let shown = [];

export function showNumbers(frame, capturedAt) {
  const now = performance.now(), { header } = frame;
  shown = [...shown.filter((at) => now - at < WINDOW_MS), now];
  const rate = shown.length > 1 ? ((shown.length - 1) * 1000) / (now - shown[0]) : 0;
  $("fps").textContent = rate ? rate.toFixed(1) : NONE;
  $("latency").textContent = `${Math.round(now - capturedAt)} ms`;
  const { frames_corrupt: damaged, network_size_hw: network } = header.stats ?? {};
  $("dropped").textContent = damaged ? `${header.dropped} + ${damaged} damaged` : header.dropped;
  $("kind").textContent = [`${header.depth_width}×${header.depth_height}`, frame.isMetric ? "metres" : frame.isRelative ? "relative" : "up to scale", header.model,
    ...(network ? [`network ${network[1]}×${network[0]}`] : [])].join(", ");
}

export function resetNumbers() {
  shown = [];
  for (const id of ["fps", "latency", "dropped", "kind"]) $(id).textContent = NONE;
}
