// The binary message of one frame (see hondo/web/encode/frame_message.py) and its depth values.

export async function decode(buffer) {
  const view = new DataView(buffer);
  if (view.getUint32(0, false) !== 0x484e4431) throw new Error("the message is not a frame");
  const length = view.getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  let at = 8 + length;
  const part = (bytes) => buffer.slice(at, (at += bytes));
  let depth = part(header.depth_bytes);
  if (header.encoding === "deflate") {
    const stream = new Blob([depth]).stream().pipeThrough(new DecompressionStream("deflate"));
    depth = await new Response(stream).arrayBuffer();
  }
  const confidence = header.confidence_bytes ? new Uint8Array(part(header.confidence_bytes)) : null;
  const image = header.picture_bytes ? new Blob([part(header.picture_bytes)], { type: "image/jpeg" }) : null;
  return new Frame(header, new Uint16Array(depth), confidence, image);
}

export class Frame {
  constructor(header, stored, confidence, image) {
    this.header = header;
    this.width = header.depth_width;
    this.height = header.depth_height;
    this.stored = stored; // 0: unknown
    this.confidence = confidence;
    this.image = image; // JPEG, or null
    this.isMetric = header.kind.startsWith("metric");
    this.isRelative = header.kind === "relative_inverse_depth";
    const [near, far] = header.near_far;
    this.ends = header.kind === "metric_depth" ? [1 / near, 1 / far] : [near, far];
  }

  // Inverse depth in the scale of the map; NaN if unknown. The palette is linear in it.
  inverse(index) {
    const stored = this.stored[index];
    if (stored === 0) return NaN;
    const value = this.header.low + (stored - 1) * this.header.step;
    return this.header.kind === "metric_depth" ? 1 / value : value;
  }

  // Depth in metres, or up to scale. For relative maps it is an estimate, since their shift is unknown.
  depth(index, ends = this.ends) {
    const inverse = this.inverse(index);
    const used = this.isRelative ? (inverse - ends[1]) / (ends[0] - ends[1]) + 0.06 : inverse;
    return used > 0 ? 1 / used : NaN;
  }

  // The depth of a pixel as text.
  reading(index, ends) {
    const depth = this.depth(index, ends);
    if (!Number.isFinite(depth)) return "unknown";
    if (this.isMetric) return metres(depth);
    const near = this.isRelative ? 1 / 1.06 : 1 / ends[0];
    return `${(depth / near).toFixed(2)} × near (relative)`;
  }
}

export function metres(depth) {
  return depth < 10 ? `${depth.toFixed(2)} m` : `${depth.toFixed(1)} m`;
}
