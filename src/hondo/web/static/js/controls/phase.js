// The phase of the page: empty, preparing, playing, paused, ended or shape (a 3D file). It decides what is covered, which
// buttons work, and what the first of them is called.

const $ = (id) => document.getElementById(id);
const PAUSE = { paused: "Resume", ended: "Replay" };
const ACTIONS = ["pause", "record", "screenshot", "ply"];

export function showPhase(phase, source) {
  const hasFrames = ["playing", "paused", "ended"].includes(phase);
  document.body.dataset.phase = phase;
  $("empty").hidden = phase !== "empty";
  $("preparing").hidden = phase !== "preparing";
  $("panels").inert = phase === "empty" || phase === "preparing"; // covered: no focus there
  for (const id of ACTIONS) $(id).disabled = !hasFrames;
  $("screenshot").disabled = !hasFrames && phase !== "shape";
  $("pause").disabled = !hasFrames || Boolean(source?.isStill);
  $("pause").textContent = PAUSE[phase] ?? "Pause";
}
