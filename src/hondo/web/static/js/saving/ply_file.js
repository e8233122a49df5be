// Coloured points as a binary PLY file.

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
