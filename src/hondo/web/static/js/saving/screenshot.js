// Views side by side in one PNG.

const HEIGHT = 480; // pixels

export function screenshot(canvases) {
  const widths = canvases.map((canvas) => Math.round((canvas.width * HEIGHT) / canvas.height));
  const sheet = Object.assign(document.createElement("canvas"), { width: widths.reduce((a, b) => a + b), height: HEIGHT });
  const context = sheet.getContext("2d");
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, sheet.width, HEIGHT);
  let left = 0;
  canvases.forEach((canvas, i) => { context.drawImage(canvas, left, 0, widths[i], HEIGHT); left += widths[i]; });
  return new Promise((done) => sheet.toBlob(done));
}
