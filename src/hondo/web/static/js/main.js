// The viewer: connects sources, views and controls.

import { wireDrop } from "./controls/drop.js";
import { clearErrors, fail, notice, say } from "./controls/messages.js";
import { resetNumbers, showNumbers } from "./controls/numbers.js";
import { showPhase } from "./controls/phase.js";
import { Preparing } from "./controls/preparing.js";
import { settings, showConfidence, wireSettings } from "./controls/settings.js";
import { Timeline } from "./controls/timeline.js";
import { askToken } from "./controls/token_dialog.js";
import { loadPalettes } from "./frames/palettes.js";
import { download } from "./saving/download.js";
import { ply } from "./saving/ply_file.js";
import { Recorder } from "./saving/recorder.js";
import { screenshot } from "./saving/screenshot.js";
import { getJson, takeTokenFromAddress } from "./server.js";
import { Session } from "./session.js";
import { imageFile } from "./sources/image_file.js";
import { ownCamera } from "./sources/own_camera.js";
import { sampleClip } from "./sources/sample_clip.js";
import { serverCamera } from "./sources/server_camera.js";
import { shapeFile } from "./sources/shape_file.js";
import { videoFile } from "./sources/video_file.js";
import { drawRamp } from "./views/legend.js";
import { Panels } from "./views/panels.js";

const $ = (id) => document.getElementById(id);
const VIEWS = ["picture", "depth", "cloud"];
const address = takeTokenFromAddress();
const panels = new Panels();
const preparing = new Preparing();
const timeline = new Timeline((seconds) => session.seek(seconds));
const recorder = new Recorder({ onTime: showRecording, onVideo: saveVideo });
let palettes = {}, isLooped = false;

const session = new Session({
  prepare(name, step) {
    recorder.stop();
    panels.clear();
    resetNumbers();
    notice("");
    clearErrors("empty", "source", "model", "action");
    say("");
    preparing.begin(name, step, { model: () => session.model, isSwitch: session.isWaitingForModel });
  },
  step: (text) => preparing.step(text),
  lost: notice,
  setModel: (name) => { $("model").value = name; },
  opened(source) {
    timeline.show(source.timeline, isLooped);
    showPhase(session.phase, source);
  },
  setPhase(phase, source) {
    if (phase !== "preparing") preparing.end();
    if (phase === "playing" || phase === "paused") say(session.name);
    if (phase === "ended") say(`${session.name} has ended`);
    showPhase(phase, source);
    timeline.update();
  },
  fail(where, text) {
    if (session.phase === "empty") {
      markSource(null);
      notice("");
    }
    fail(where, text);
  },
  show(frame, drawable, capturedAt) {
    notice("");
    showConfidence(frame.confidence !== null);
    panels.show(frame, drawable, settings(), palettes[settings().palette].colors);
    recorder.draw($("picture"), $("depth"));
    showNumbers(frame, capturedAt);
    $("picture-facts").textContent = `${frame.header.width}×${frame.header.height}, ${session.name}`;
    document.body.dataset.frames = Number(document.body.dataset.frames ?? 0) + 1;
  },
});
function markSource(button) {
  for (const each of document.querySelectorAll(".sources button")) each.setAttribute("aria-pressed", String(each === button));
}

function start(open, button, name, { loops = false } = {}) {
  isLooped = loops;
  timeline.show(null, loops);
  markSource(button);
  return session.start(open, name);
}

const useWebcam = () => start(ownCamera, $("use-webcam"), "My camera");
const useClip = () => start(sampleClip, $("use-clip"), "Sample clip", { loops: true });
const useLive = () => start(serverCamera, $("use-live"), "Server camera");
const chooseFile = () => $("file").click();

const OPENERS = [
  [(file) => file.type.startsWith("video/"), videoFile],
  [(file) => file.type.startsWith("image/"), imageFile],
  [(file) => /\.(ply|glb)$/i.test(file.name), (file) => shapeFile(file, (shape) => panels.showShape(shape), () => session.finish("shape"))],
];
function useFile(file) {
  if (!file) return;
  const open = OPENERS.find(([fits]) => fits(file))?.[1];
  if (!open) return fail("source", `${file.name} is not an image, a video or a 3D file (.ply, .glb)`);
  return start((page) => open(file, page), $("use-file"), file.name);
}

function redraw() {
  showPalette();
  panels.cloud?.setPointSize(settings().pointSize);
  if (panels.frame) panels.show(panels.frame, panels.drawable, settings(), palettes[settings().palette].colors);
}

function showPalette() {
  drawRamp($("ramp"), palettes[settings().palette].bytes);
}

// What a button does, with its error beside it.
function action(act) {
  return async () => {
    clearErrors("action");
    try {
      await act();
    } catch (error) {
      fail("action", error.message);
    }
  };
}

async function saveScreenshot() {
  panels.cloud?.draw();
  const canvases = panels.frame ? [$("picture"), $("depth")] : [];
  save(await screenshot([...canvases, ...(panels.cloud ? [$("cloud")] : [])]), "hondo.png");
}

function savePly() {
  if (!panels.points?.count) throw new Error("There are no points to save; move the sliders.");
  save(ply(panels.points), "hondo.ply");
}

function save(blob, name) {
  download(blob, name);
  say(`Saved ${name}`);
}

function toggleRecording() {
  if (recorder.isRunning) return recorder.stop();
  recorder.start($("picture"));
  recorder.draw($("picture"), $("depth"));
}

function showRecording(text) {
  $("record").textContent = `Stop ${text}`;
  $("record").classList.add("recording");
}

function saveVideo(blob, suffix) {
  $("record").textContent = "Record";
  $("record").classList.remove("recording");
  if (blob) save(blob, `hondo.${suffix}`);
  else fail("action", "Nothing was recorded: no frame was shown.");
}

function wire() {
  for (const [id, act] of [
    ["use-webcam", useWebcam], ["empty-webcam", useWebcam], ["use-clip", useClip], ["empty-clip", useClip], ["use-live", useLive],
    ["use-file", chooseFile], ["empty-file", chooseFile], ["reset", () => panels.cloud?.reset()], ["pause", () => session.togglePause()],
    ["screenshot", action(saveScreenshot)], ["ply", action(savePly)], ["record", action(toggleRecording)],
  ]) $(id).addEventListener("click", act);
  $("file").addEventListener("change", (event) => { useFile(event.target.files[0]); event.target.value = ""; });
  $("model").addEventListener("change", () => { clearErrors("model"); session.selectModel($("model").value); });
  for (const button of document.querySelectorAll(".tabs button")) button.addEventListener("click", () => showTab(button));
  wireSettings(redraw);
  wireDrop(useFile);
}

function showTab(chosen) {
  document.body.dataset.view = chosen.dataset.show;
  for (const button of document.querySelectorAll(".tabs button")) button.setAttribute("aria-pressed", String(button === chosen));
}

async function begin() {
  const [loaded, { models, default: chosen }, { camera }] = await Promise.all([loadPalettes(), getJson("/v1/models"), getJson("/v1/live")]);
  palettes = loaded;
  for (const name of Object.keys(palettes)) $("palette").add(new Option(name, name));
  for (const { name } of models) $("model").add(new Option(name, name, false, name === chosen));
  $("model").disabled = models.length < 2;
  session.model = chosen;
  showPalette();
  $("use-live").hidden = !camera;
  if (VIEWS.includes(address.get("only"))) document.body.dataset.only = address.get("only");
  document.body.dataset.ready = "yes";
  const requested = address.get("source");
  if (requested === "clip") return useClip();
  if (requested === "webcam") return useWebcam();
  if (camera) return useLive();
}

wire();
begin().catch(async (error) => {
  if (error.status !== 401) throw error;
  await askToken();
  return begin();
}).catch((error) => fail("source", error.message));
