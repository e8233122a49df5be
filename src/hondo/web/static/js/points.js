// Coloured points of a frame, and their PLY file.

const ASSUMED_FOV = (60 * Math.PI) / 180; // if the camera is unknown

export function intrinsics({ header }) {
  if (header.camera) return header.camera;
  const focal = header.depth_width / 2 / Math.tan(ASSUMED_FOV / 2);
  return [focal, focal, header.depth_width / 2, header.depth_height / 2];
}

// Points of the pixels within the range and above the least confidence. `pixels`: RGBA bytes at the size of the map.
export class PointMaker {
  make(frame, { ends, range, confidence, least, pixels, step = 1 }) {
    const { width, height } = frame, total = Math.ceil(width / step) * Math.ceil(height / step);
    if (!this.positions || this.positions.length < 3 * total) {
      this.positions = new Float32Array(3 * total);
      this.tints = new Uint8Array(3 * total);
    }
    const [fx, fy, cx, cy] = intrinsics(frame), { positions, tints } = this, depths = [];
    const low = ends[1] + range.low * (ends[0] - ends[1]), high = ends[1] + range.high * (ends[0] - ends[1]);
    const below = range.low > 0 ? low : -Infinity, above = range.high < 1 ? high : Infinity;
    let count = 0;
    for (let y = 0; y < height; y += step) {
      for (let x = 0; x < width; x += step) {
        const i = y * width + x, inverse = frame.inverse(i);
        if (!(inverse >= below && inverse <= above) || confidence[i] < least) continue;
        const z = frame.depth(i, ends);
        if (!Number.isFinite(z)) continue;
        const at = 3 * count++;
        positions[at] = ((x + 0.5 - cx) / fx) * z;
        positions[at + 1] = ((y + 0.5 - cy) / fy) * z;
        positions[at + 2] = z;
        tints[at] = pixels[4 * i];
        tints[at + 1] = pixels[4 * i + 1];
        tints[at + 2] = pixels[4 * i + 2];
        if (count % 64 === 0) depths.push(z);
      }
    }
    depths.sort((a, b) => a - b);
    return { positions, tints, count, median: depths[depths.length >> 1] ?? positions[2] ?? 1, pixelAngle: step / fx };
  }
}

export function ply({ positions, tints, count }) {
  const names = ["x", "y", "z"].map((name) => `property float ${name}\n`).join("");
  const colors = ["red", "green", "blue"].map((name) => `property uchar ${name}\n`).join("");
  const head = `ply\nformat binary_little_endian 1.0\ncomment hondo\nelement vertex ${count}\n${names}${colors}end_header\n`;
  const body = new DataView(new ArrayBuffer(15 * count));
  for (let i = 0; i < count; i++) {
    for (let axis = 0; axis < 3; axis++) {
      body.setFloat32(15 * i + 4 * axis, positions[3 * i + axis], true);
      body.setUint8(15 * i + 12 + axis, tints[3 * i + axis]);
    }
  }
  return new Blob([head, body.buffer], { type: "application/x-ply" });
}
