// Images at the size that is sent to the server, as JPEG.

const SEND_SIDE = 640; // longer side in pixels
const JPEG_QUALITY = 0.85;

export function drawResized(source, width, height, side = SEND_SIDE) {
  const scale = Math.min(1, side / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

export const encodeJpeg = (canvas) => new Promise((done) => canvas.toBlob(done, "image/jpeg", JPEG_QUALITY));
