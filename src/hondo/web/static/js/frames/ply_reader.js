// Meshes and point clouds from PLY files, binary little-endian or ASCII, as `hondo fuse` and other programs write them.

const READ = {
  char: [1, "getInt8"], uchar: [1, "getUint8"], short: [2, "getInt16"], ushort: [2, "getUint16"], int: [4, "getInt32"],
  uint: [4, "getUint32"], float: [4, "getFloat32"], double: [8, "getFloat64"],
};
const SAME = { int8: "char", uint8: "uchar", int16: "short", uint16: "ushort", int32: "int", uint32: "uint", float32: "float", float64: "double" };
const GREY = 190;

// { positions: y up (the files have y down, as cameras do), tints: RGB bytes, faces: triangles or null }
export function readPly(buffer) {
  const { elements, isText, start } = readHead(buffer);
  const next = isText ? textReader(buffer, start) : binaryReader(buffer, start);
  const shape = { positions: null, tints: null, faces: null };
  for (const element of elements) {
    if (element.name === "vertex") Object.assign(shape, readVertices(element, next));
    else if (element.name === "face") shape.faces = readFaces(element, next);
    else for (let i = 0; i < element.count; i++) for (const property of element.properties) readProperty(property, next);
  }
  if (!shape.positions?.length) throw new Error("the file holds no points");
  if (shape.faces?.some((index) => index >= shape.positions.length / 3)) throw new Error("a face names a point that does not exist");
  return shape;
}

function readHead(buffer) {
  const text = new TextDecoder("latin1").decode(new Uint8Array(buffer, 0, Math.min(buffer.byteLength, 65536)));
  const end = /end_header\r?\n/.exec(text);
  if (!text.startsWith("ply") || !end) throw new Error("this is not a PLY file");
  const elements = [];
  let format = "";
  for (const [word, ...rest] of text.slice(0, end.index).split(/\r?\n/).map((line) => line.trim().split(/\s+/))) {
    if (word === "format") [format] = rest;
    if (word === "element") elements.push({ name: rest[0], count: Number(rest[1]), properties: [] });
    if (word === "property") elements.at(-1).properties.push(propertyOf(rest));
  }
  if (!["binary_little_endian", "ascii"].includes(format)) throw new Error(`PLY of the format ${format} cannot be read; save it as binary little-endian`);
  return { elements, isText: format === "ascii", start: end.index + end[0].length };
}

function propertyOf(words) {
  const type = (name) => READ[SAME[name] ?? name] ?? (() => { throw new Error(`unknown PLY type ${name}`); })();
  return words[0] === "list" ? { name: words[3], lengthType: type(words[1]), type: type(words[2]) } : { name: words[1], type: type(words[0]) };
}

// Each call reads one number of a type.
function binaryReader(buffer, start) {
  const view = new DataView(buffer);
  let at = start;
  return ([bytes, method]) => {
    if (at + bytes > view.byteLength) throw new Error("the file is cut off");
    const value = view[method](at, true);
    at += bytes;
    return value;
  };
}

function textReader(buffer, start) {
  const words = new TextDecoder().decode(new Uint8Array(buffer, start)).trim().split(/\s+/);
  let at = 0;
  return () => {
    if (at >= words.length) throw new Error("the file is cut off");
    return Number(words[at++]);
  };
}

function readProperty({ type, lengthType }, next) {
  return lengthType ? Array.from({ length: next(lengthType) }, () => next(type)) : next(type);
}

function readVertices({ count, properties }, next) {
  const positions = new Float32Array(3 * count), tints = new Uint8Array(3 * count).fill(GREY);
  const places = { x: 0, y: 1, z: 2 }, colors = { red: 0, green: 1, blue: 2 };
  for (let i = 0; i < count; i++) {
    for (const property of properties) {
      const value = readProperty(property, next), { name } = property;
      if (name in places) positions[3 * i + places[name]] = name === "x" ? value : -value;
      if (name in colors) tints[3 * i + colors[name]] = property.type === READ.float ? 255 * value : value;
    }
  }
  return { positions, tints };
}

// Polygons as fans of triangles; null where there are none.
function readFaces({ count, properties }, next) {
  const faces = [];
  for (let i = 0; i < count; i++) {
    for (const property of properties) {
      const value = readProperty(property, next);
      if (!property.name.startsWith("vertex_ind")) continue;
      for (let corner = 2; corner < value.length; corner++) faces.push(value[0], value[corner - 1], value[corner]);
    }
  }
  return faces.length ? Uint32Array.from(faces) : null;
}
