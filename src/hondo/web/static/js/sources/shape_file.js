// A mesh or point cloud from a file: shown in the 3D view alone, without the server.

import { readGlb } from "../frames/glb_reader.js";
import { readPly } from "../frames/ply_reader.js";

export async function shapeFile(file, show, finish) {
  try {
    const buffer = await file.arrayBuffer();
    show(/\.glb$/i.test(file.name) ? readGlb(buffer) : readPly(buffer));
  } catch (error) {
    throw new Error(`${file.name}: ${error.message}`);
  }
  finish();
  return { stop: () => {}, setModel: () => {}, pause: () => {}, isStill: true };
}
