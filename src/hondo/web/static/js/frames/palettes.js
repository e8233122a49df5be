// Palettes of 256 colours, the same as on the command line.

import { getJson } from "../server.js";

// name -> { bytes: RGB from far to near, colors: the same as ABGR words, as canvas pixels are }
export async function loadPalettes() {
  const palettes = {};
  for (const [name, text] of Object.entries(await getJson("/v1/palettes"))) {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const colors = Uint32Array.from({ length: 256 }, (_, i) => 0xff000000 | (bytes[3 * i + 2] << 16) | (bytes[3 * i + 1] << 8) | bytes[3 * i]);
    palettes[name] = { colors, bytes };
  }
  return palettes;
}
