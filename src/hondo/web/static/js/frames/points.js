// Coloured points of a frame.

const ASSUMED_FOV = (60 * Math.PI) / 180; // if the camera is unknown

export function intrinsics({ header }) {
  if (header.camera) return header.camera;
  const focal = header.depth_width / 2 / Math.tan(ASSUMED_FOV / 2);
  return [focal, focal, header.depth_width / 2, header.depth_height / 2];
}

// Points of the pixels within the range, certain enough, and not on a depth edge, where points float between foreground and
// background. `pixels`: RGBA bytes at the size of the map; confidence and smoothness 0..255, at least `least...`.
export class PointMaker {
  make(frame, { ends, range, leastConfidence, leastSmoothness, pixels, step = 1 }) {
    const { width, height } = frame, total = Math.ceil(width / step) * Math.ceil(height / step);
    if (!this.positions || this.positions.length < 3 * total) {
      this.positions = new Float32Array(3 * total);
      this.tints = new Uint8Array(3 * total);
    }
    const [fx, fy, cx, cy] = intrinsics(frame), { positions, tints } = this, depths = [], { confidence } = frame;
    const smoothness = (this.smoothness = smoothnessOf(frame, this.smoothness));
    const low = ends[1] + range.low * (ends[0] - ends[1]), high = ends[1] + range.high * (ends[0] - ends[1]);
    const below = range.low > 0 ? low : -Infinity, above = range.high < 1 ? high : Infinity;
    let count = 0;
    for (let y = 0; y < height; y += step) {
      for (let x = 0; x < width; x += step) {
        const i = y * width + x, inverse = frame.inverse(i);
        if (!(inverse >= below && inverse <= above) || smoothness[i] < leastSmoothness || confidence?.[i] < leastConfidence) continue;
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

// 255 on a smooth surface, less where the depth jumps to the pixel on the right or below.
function smoothnessOf({ width, height, stored, header }, kept) {
  const out = kept?.length === width * height ? kept : new Uint8ClampedArray(width * height);
  const span = Math.max(1e-9, Math.abs(header.near_far[0] - header.near_far[1]) / header.step);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const right = x + 1 < width ? Math.abs(stored[i + 1] - stored[i]) : 0;
      const below = y + 1 < height ? Math.abs(stored[i + width] - stored[i]) : 0;
      out[i] = 255 * Math.exp((-28 * Math.max(right, below)) / span);
    }
  }
  return out;
}
