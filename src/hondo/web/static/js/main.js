// The viewer: connects sources, views and controls.

import { CloudView } from "./cloud_view.js";
import { DepthView } from "./depth_view.js";
import { confidenceOf, metres } from "./frame.js";
import { ply, PointMaker } from "./points.js";
import { getJson, setToken, takeTokenFromAddress } from "./server.js";
import { ownCamera, imageFile, sampleClip, serverCamera, videoFile } from "./sources.js";

const $ = (id) => document.getElementById(id);
const address = takeTokenFromAddress();
const WINDOW_MS = 2000; // over which the frame rate is averaged
const PHONE_POINTS = 40_000;
const VIEWS = ["picture", "depth", "cloud"];

const CAMERA_ERRORS = {
  NotAllowedError: "Camera access was denied; allow it in the browser and try again.",
  NotFoundError: "There is no camera on this device; connect one and try again.",
  NotReadableError: "The camera is in use by another program; close that program and try again.",
};

const view = { source: null, name: "", use: null, frame: null, drawable: null, held: null, shown: [], palettes: {}, model: "",
  requested: null, isPaused: false, pausedAt: 0, turn: 0 };
const maker = new PointMaker();
let confidence = new Uint8ClampedArray(0), tinter = document.createElement("canvas");
const depthView = new DepthView($("depth"), $("picture"), $("mark"), (text, isRequested) => {
  $("reading").textContent = text;
  if (isRequested) $("spoken").textContent = text;
});
const cloudView = makeCloud();

function makeCloud() {
  try {
    return new CloudView($("cloud"));
  } catch {
    $("cloud").hidden = true;
    $("cloud-missing").hidden = false;
    return null;
  }
}

function report(text, isError = false) {
  $("status").textContent = text;
  $("status").classList.toggle("bad", isError);
  if (isError) view.requested = null; // the requested model is not available
}

// A notice over the views: why there are no frames. Empty: frames arrive again.
function warn(text) {
  if ($("notice").textContent !== text) $("notice").textContent = text;
  $("notice").hidden = !text;
}

// Starts a source and stops the previous one. `button` is shown as selected.
async function start(use, button, name) {
  const isFirst = !view.use, turn = ++view.turn;
  try {
    report(`Starting ${name}…`);
    const source = await use({ show, report, warn, state: showState, model: () => view.model });
    if (turn !== view.turn) return source.stop(); // another source was selected meanwhile
    view.source?.stop();
    Object.assign(view, { source, name, use: button, held: null, shown: [], requested: null });
  } catch (error) {
    return report(CAMERA_ERRORS[error.name] ?? error.message, true);
  }
  warn("");
  showPaused(false);
  cloudView?.newScene();
  if (isFirst) cloudView?.reset();
  $("empty").hidden = true;
  for (const each of document.querySelectorAll(".sources button")) each.setAttribute("aria-pressed", String(each === button));
  for (const id of ["pause", "screenshot", "ply"]) $(id).disabled = false;
  report(name);
}

// Draws a frame and its statistics.
function show(frame, drawable, capturedAt) {
  if (view.isPaused && !(frame.header.stats && performance.now() - view.pausedAt > 1000)) return;
  showPaused(false); // another viewer resumed the server camera
  warn("");
  Object.assign(view, { frame, drawable });
  draw();
  const now = performance.now();
  view.shown = [...view.shown.filter((at) => now - at < WINDOW_MS), now];
  const { header } = frame;
  if (header.model === view.requested) {
    view.requested = null;
    report(view.name);
  }
  if (!view.requested) $("model").value = view.model = header.model;
  const rate = view.shown.length > 1 ? ((view.shown.length - 1) * 1000) / (now - view.shown[0]) : 0;
  $("fps").textContent = rate ? rate.toFixed(1) : "–";
  $("latency").textContent = `${Math.round(now - capturedAt)} ms`;
  const { frames_corrupt: damaged, network_size_hw: network } = header.stats ?? {};
  $("dropped").textContent = damaged ? `${header.dropped} + ${damaged} damaged` : header.dropped;
  $("kind").textContent = [`${header.depth_width}×${header.depth_height}`, frame.isMetric ? "metres" : frame.isRelative ? "relative" : "up to scale", header.model,
    ...(network ? [`network ${network[1]}×${network[0]}`] : [])].join(", ");
  document.body.dataset.frames = Number(document.body.dataset.frames ?? 0) + 1;
}

// The state of the server camera, sent while there are no frames.
function showState(stats) {
  if (stats.state === "paused") return showPaused(true);
  const text = { running: "", starting: "The camera is starting…", ended: "The recording has ended.",
    reconnecting: `${stats.reason}. Reconnecting…` }[stats.state];
  warn(text ?? `The camera has ${stats.state}${stats.reason ? `: ${stats.reason}` : ""}`);
}

function showPaused(isPaused) {
  if (isPaused && !view.isPaused) view.pausedAt = performance.now();
  view.isPaused = isPaused;
  $("pause").setAttribute("aria-pressed", String(isPaused));
}

function draw() {
  const { frame, drawable } = view;
  if (!frame) return;
  const ends = $("hold").checked ? (view.held ??= frame.ends) : frame.ends;
  const range = { high: 1 - $("near").value / 100, low: 1 - $("far").value / 100 };
  const palette = view.palettes[$("palette").value];
  paint($("picture"), drawable);
  depthView.show(frame, ends, range, palette.colors);
  showLegend(frame, ends);
  drawCloud(frame, drawable, ends, range);
}

function paint(canvas, drawable) {
  if (canvas.width !== drawable.width) canvas.width = drawable.width;
  if (canvas.height !== drawable.height) canvas.height = drawable.height;
  canvas.getContext("2d").drawImage(drawable, 0, 0);
}

function drawCloud(frame, drawable, ends, range) {
  if (!cloudView) return;
  const { width, height } = frame;
  Object.assign(tinter, { width, height });
  const context = tinter.getContext("2d", { willReadFrequently: true });
  context.drawImage($("paint").value === "picture" ? drawable : $("depth"), 0, 0, width, height);
  if (confidence.length !== width * height) confidence = new Uint8ClampedArray(width * height);
  const isPhone = matchMedia("(max-width: 760px)").matches;
  view.points = maker.make(frame, {
    ends, range, confidence: confidenceOf(frame, confidence), least: 2.55 * $("confidence").value,
    pixels: context.getImageData(0, 0, width, height).data,
    step: isPhone ? Math.max(1, Math.ceil(Math.sqrt((width * height) / PHONE_POINTS))) : 1,
  });
  cloudView.show(view.points, view.points.pixelAngle);
  document.body.dataset.points = view.points.count;
  $("cloud-note").textContent = frame.isRelative ? "approximate shape: relative depth" : frame.isMetric ? "" : "up to scale";
}

function showLegend(frame, ends) {
  const text = (inverse) => (frame.isMetric && inverse > 0 ? metres(1 / inverse) : "");
  $("legend-near").textContent = `near ${text(ends[0])}`;
  $("legend-far").textContent = `${text(ends[1])} far`;
}

// Palettes of 256 colours, the same as on the command line; canvas pixels are ABGR words.
async function loadPalettes() {
  for (const [name, text] of Object.entries(await getJson("/v1/palettes"))) {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const colors = Uint32Array.from({ length: 256 }, (_, i) => 0xff000000 | (bytes[3 * i + 2] << 16) | (bytes[3 * i + 1] << 8) | bytes[3 * i]);
    view.palettes[name] = { colors, bytes };
    $("palette").add(new Option(name, name));
  }
  showRamp();
}

function showRamp() {
  const { bytes } = view.palettes[$("palette").value], image = new ImageData(256, 1);
  for (let i = 0; i < 256; i++) image.data.set([...bytes.subarray(3 * (255 - i), 3 * (255 - i) + 3), 255], 4 * i);
  $("ramp").getContext("2d").putImageData(image, 0, 0);
}

async function loadModels() {
  const { models, default: chosen } = await getJson("/v1/models");
  for (const { name } of models) $("model").add(new Option(name, name, false, name === chosen));
  $("model").disabled = models.length < 2;
  view.model = chosen;
}

function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  report(`Saved ${name}`);
}

// Saves image, depth and 3D view side by side.
function screenshot() {
  cloudView?.draw();
  const parts = [$("picture"), $("depth"), ...(cloudView ? [$("cloud")] : [])];
  const height = 480, widths = parts.map((canvas) => Math.round((canvas.width * height) / canvas.height));
  const sheet = Object.assign(document.createElement("canvas"), { width: widths.reduce((a, b) => a + b), height });
  const context = sheet.getContext("2d");
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, sheet.width, height);
  let left = 0;
  parts.forEach((canvas, i) => { context.drawImage(canvas, left, 0, widths[i], height); left += widths[i]; });
  sheet.toBlob((blob) => save(blob, "hondo.png"));
}

const useWebcam = () => start(ownCamera, $("use-webcam"), "My camera");
const useClip = () => start(sampleClip, $("use-clip"), "Sample clip");
const useLive = () => start(serverCamera, $("use-live"), "Server camera");
const chooseFile = () => $("file").click();
function useFile(file) {
  if (!file) return;
  const open = file.type.startsWith("video/") ? videoFile : imageFile;
  return start((page) => open(file, page), $("use-file"), file.name);
}

function wire() {
  for (const [id, action] of [
    ["use-webcam", useWebcam], ["empty-webcam", useWebcam], ["use-clip", useClip], ["empty-clip", useClip], ["use-live", useLive],
    ["use-file", chooseFile], ["empty-file", chooseFile], ["screenshot", screenshot],
    ["ply", () => view.points && save(ply(view.points), "hondo.ply")], ["reset", () => cloudView?.reset()],
  ]) $(id).addEventListener("click", action);
  $("file").addEventListener("change", (event) => { useFile(event.target.files[0]); event.target.value = ""; });
  $("pause").addEventListener("click", () => {
    showPaused(!view.isPaused);
    view.source.pause(view.isPaused);
  });
  $("model").addEventListener("change", () => {
    view.model = view.requested = $("model").value;
    view.held = null;
    cloudView?.newScene();
    report(`Loading ${view.model}…`);
    view.source?.setModel(view.model);
  });
  $("hold").addEventListener("change", () => { view.held = null; draw(); });
  $("palette").addEventListener("change", () => { showRamp(); draw(); });
  for (const id of ["near", "far", "confidence", "paint"]) $(id).addEventListener("input", () => { showSliders(id); draw(); });
  for (const button of document.querySelectorAll(".tabs button")) button.addEventListener("click", () => showTab(button));
  for (const kind of ["dragover", "dragenter"]) addEventListener(kind, (event) => { event.preventDefault(); document.body.classList.add("dropping"); });
  for (const kind of ["dragleave", "drop"]) addEventListener(kind, (event) => { event.preventDefault(); document.body.classList.remove("dropping"); });
  addEventListener("drop", (event) => useFile(event.dataTransfer.files[0]));
  $("controls").addEventListener("submit", (event) => event.preventDefault());
  showSliders();
}

function showTab(chosen) {
  document.body.dataset.view = chosen.dataset.show;
  for (const button of document.querySelectorAll(".tabs button")) button.setAttribute("aria-pressed", String(button === chosen));
}

// Keeps near below far.
function showSliders(moved) {
  const near = $("near"), far = $("far");
  if (Number(near.value) >= Number(far.value)) (moved === "far" ? far : near).value = moved === "far" ? Number(near.value) + 1 : far.value - 1;
  for (const input of [near, far, $("confidence")]) document.querySelector(`output[for="${input.id}"]`).value = `${input.value} %`;
}

async function begin() {
  try {
    await Promise.all([loadPalettes(), loadModels()]);
    const { camera } = await getJson("/v1/live");
    $("use-live").hidden = !camera;
    if (VIEWS.includes(address.get("only"))) document.body.dataset.only = address.get("only");
    document.body.dataset.ready = "yes";
    const requested = address.get("source");
    if (requested === "clip") return useClip();
    if (requested === "webcam") return useWebcam();
    if (camera) return useLive();
  } catch (error) {
    if (error.status !== 401) return report(error.message, true);
    $("ask-token").showModal();
    $("ask-token").addEventListener("close", () => { setToken($("token").value); location.reload(); }, { once: true });
  }
}

wire();
begin();
