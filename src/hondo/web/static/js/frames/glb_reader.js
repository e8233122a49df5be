// Meshes and point clouds from GLB files (glTF 2.0) with vertex colours, as `hondo fuse` writes them; textures are not read.

const GLTF = 0x46546c67, JSON_CHUNK = 0x4e4f534a;
const ARRAYS = { 5120: Int8Array, 5121: Uint8Array, 5122: Int16Array, 5123: Uint16Array, 5125: Uint32Array, 5126: Float32Array };
const WIDTHS = { SCALAR: 1, VEC3: 3, VEC4: 4 };
const TRIANGLES = 4, POINTS = 0;
const GREY = 190;

// { positions: y up, tints: RGB bytes, faces: triangles or null }
export function readGlb(buffer) {
  const { document, binary } = chunks(buffer);
  const parts = [];
  const visit = (index, parent) => {
    const node = document.nodes[index], matrix = multiply(parent, matrixOf(node));
    for (const primitive of document.meshes?.[node.mesh]?.primitives ?? []) parts.push(readPrimitive(document, binary, primitive, matrix));
    for (const child of node.children ?? []) visit(child, matrix);
  };
  for (const root of document.scenes?.[document.scene ?? 0]?.nodes ?? []) visit(root, IDENTITY);
  if (!parts.some(({ positions }) => positions.length)) throw new Error("the file holds no mesh and no points");
  return joined(parts);
}

function chunks(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < 20 || view.getUint32(0, true) !== GLTF) throw new Error("this is not a GLB file");
  const length = view.getUint32(12, true);
  if (view.getUint32(16, true) !== JSON_CHUNK || 20 + length > buffer.byteLength) throw new Error("the file is cut off");
  return { document: JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 20, length))), binary: buffer.slice(28 + length) };
}

function readPrimitive(document, binary, { attributes, indices, mode = TRIANGLES }, matrix) {
  if (mode !== TRIANGLES && mode !== POINTS) throw new Error("only triangles and points can be shown");
  const place = accessor(document, binary, attributes.POSITION).values, positions = new Float32Array(place.length);
  for (let i = 0; i < place.length; i += 3) {
    for (let row = 0; row < 3; row++) {
      positions[i + row] = matrix[row] * place[i] + matrix[4 + row] * place[i + 1] + matrix[8 + row] * place[i + 2] + matrix[12 + row];
    }
  }
  const tints = new Uint8Array(positions.length).fill(GREY);
  if (attributes.COLOR_0 !== undefined) {
    const { values, width, unit } = accessor(document, binary, attributes.COLOR_0);
    for (let i = 0; i < tints.length; i++) tints[i] = (255 * values[Math.floor(i / 3) * width + (i % 3)]) / unit;
  }
  if (mode === POINTS) return { positions, tints, faces: null };
  const faces = indices === undefined ? Uint32Array.from({ length: positions.length / 3 }, (_, i) => i) : Uint32Array.from(accessor(document, binary, indices).values);
  return { positions, tints, faces };
}

// `unit`: what stands for 1 in normalised integers.
function accessor(document, binary, index) {
  const { bufferView, byteOffset = 0, componentType, count, type } = document.accessors[index];
  const view = document.bufferViews[bufferView], width = WIDTHS[type], Type = ARRAYS[componentType], bytes = Type.BYTES_PER_ELEMENT;
  const start = (view.byteOffset ?? 0) + byteOffset, stride = view.byteStride ?? width * bytes;
  const values = new Type(count * width);
  for (let i = 0; i < count; i++) values.set(new Type(binary.slice(start + i * stride, start + i * stride + width * bytes)), i * width);
  return { values, width, unit: componentType === 5126 ? 1 : 2 ** (8 * bytes) - 1 };
}

function joined(parts) {
  if (parts.length === 1) return parts[0];
  const isMesh = parts.some(({ faces }) => faces);
  const shown = parts.filter(({ faces }) => Boolean(faces) === isMesh); // points beside a mesh, e.g. the camera's path, are left out
  const join = (Type, arrays) => {
    const all = new Type(arrays.reduce((sum, each) => sum + each.length, 0));
    let at = 0;
    for (const each of arrays) { all.set(each, at); at += each.length; }
    return all;
  };
  let first = 0;
  const faces = isMesh ? join(Uint32Array, shown.map((part) => {
    const moved = part.faces.map((index) => index + first);
    first += part.positions.length / 3;
    return moved;
  })) : null;
  return { positions: join(Float32Array, shown.map((part) => part.positions)), tints: join(Uint8Array, shown.map((part) => part.tints)), faces };
}

const IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]; // column by column, as in glTF

function matrixOf({ matrix, translation = [0, 0, 0], rotation = [0, 0, 0, 1], scale = [1, 1, 1] }) {
  if (matrix) return matrix;
  const [x, y, z, w] = rotation, [a, b, c] = scale;
  return [
    a * (1 - 2 * (y * y + z * z)), a * 2 * (x * y + z * w), a * 2 * (x * z - y * w), 0,
    b * 2 * (x * y - z * w), b * (1 - 2 * (x * x + z * z)), b * 2 * (y * z + x * w), 0,
    c * 2 * (x * z + y * w), c * 2 * (y * z - x * w), c * (1 - 2 * (x * x + y * y)), 0,
    ...translation, 1,
  ];
}

function multiply(left, right) {
  const at = (row, column) => left[row] * right[4 * column] + left[4 + row] * right[4 * column + 1] + left[8 + row] * right[4 * column + 2] + left[12 + row] * right[4 * column + 3];
  return Array.from({ length: 16 }, (_, i) => at(i % 4, Math.floor(i / 4)));
}
