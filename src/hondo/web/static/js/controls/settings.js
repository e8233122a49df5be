// The settings of the views: what the sliders say, and the panel that small screens open.

const $ = (id) => document.getElementById(id);
const SLIDERS = ["near", "far", "confidence", "edges", "size"];
const TEXTS = { size: (value) => `${(value / 100).toFixed(2)}×` };

// `onChange(id)` after each change.
export function wireSettings(onChange) {
  for (const id of SLIDERS) $(id).addEventListener("input", () => { keepNearBelowFar(id); showValues(); onChange(id); });
  for (const id of ["palette", "paint", "hold"]) $(id).addEventListener("change", () => onChange(id));
  $("settings").addEventListener("submit", (event) => event.preventDefault());
  $("settings-toggle").addEventListener("click", () => open(document.body.dataset.settings !== "open"));
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || document.body.dataset.settings !== "open") return;
    open(false);
    $("settings-toggle").focus();
  });
  showValues();
}

// Fractions 0..1 of the palette, bytes of confidence, and factors.
export function settings() {
  const value = (id) => Number($(id).value);
  return {
    range: { high: 1 - value("near") / 100, low: 1 - value("far") / 100 },
    leastConfidence: $("confidence-label").hidden ? 0 : 2.55 * value("confidence"),
    leastSmoothness: 2.55 * value("edges"),
    pointSize: value("size") / 100,
    palette: $("palette").value,
    isPaintedByDepth: $("paint").value === "depth",
    isHeld: $("hold").checked,
  };
}

// Only some models give a confidence.
export function showConfidence(isKnown) {
  $("confidence-label").hidden = !isKnown;
}

function open(isOpen) {
  document.body.dataset.settings = isOpen ? "open" : "closed";
  $("settings-toggle").setAttribute("aria-expanded", String(isOpen));
}

function keepNearBelowFar(moved) {
  const near = $("near"), far = $("far");
  if (Number(near.value) >= Number(far.value)) (moved === "far" ? far : near).value = moved === "far" ? Number(near.value) + 1 : far.value - 1;
}

function showValues() {
  for (const id of SLIDERS) {
    const text = TEXTS[id]?.($(id).value) ?? `${$(id).value} %`;
    document.querySelector(`output[for="${id}"]`).value = text;
    $(id).setAttribute("aria-valuetext", text);
  }
}
