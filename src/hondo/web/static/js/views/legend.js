// The palette with numbers: metres, or multiples of the nearest depth where the scale is unknown.

import { metres } from "../frames/frame.js";

const TICKS = 5; // evenly along the palette, which is linear in inverse depth

export function drawRamp(canvas, bytes) {
  const image = new ImageData(256, 1);
  for (let i = 0; i < 256; i++) image.data.set([...bytes.subarray(3 * (255 - i), 3 * (255 - i) + 3), 255], 4 * i);
  canvas.getContext("2d").putImageData(image, 0, 0);
}

export function showTicks(element, frame, ends) {
  const texts = Array.from({ length: TICKS }, (_, i) => tickText(frame, ends, i / (TICKS - 1)));
  texts[0] = `near ${texts[0]}`;
  texts[TICKS - 1] += " far";
  if (element.textContent === texts.join("")) return;
  element.replaceChildren(...texts.map((text) => Object.assign(document.createElement("span"), { textContent: text })));
}

// `place`: 0 at the near end of the palette, 1 at the far end.
function tickText(frame, [near, far], place) {
  if (frame.isRelative) return `${Math.round(100 * (1 - place))} %`; // of the inverse depth, whose zero is unknown
  const inverse = near + place * (far - near);
  if (inverse <= 0.001 * near) return "∞";
  return frame.isMetric ? metres(1 / inverse) : `${(near / inverse).toFixed(1)}×`;
}
