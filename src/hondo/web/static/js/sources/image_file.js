// An image file: sent as it is, smaller only where it exceeds what the server accepts.

import { drawResized, encodeJpeg } from "./resize.js";
import { streamImages } from "./stream_images.js";

const MAX_BYTES = 15e6, MAX_PIXELS = 50e6;
const LARGEST_SIDE = 2560, DEPTH_SIDE = 768;

export async function imageFile(file, page) {
  page.step("Reading the image");
  const shown = await createImageBitmap(file).catch(() => { throw new Error(`${file.name}: this browser cannot decode the image`); });
  const isLarge = file.size > MAX_BYTES || shown.width * shown.height > MAX_PIXELS;
  const blob = isLarge ? await encodeJpeg(drawResized(shown, shown.width, shown.height, LARGEST_SIDE)) : file;
  return streamImages({ page, next: async () => ({ blob, shown }), side: DEPTH_SIDE, once: true });
}
