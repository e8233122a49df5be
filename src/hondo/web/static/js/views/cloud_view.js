// The 3D view, rendered with three.js: the points of a frame, or a mesh or cloud from a file. Rendered again only after a change.

import { BufferAttribute, BufferGeometry, DoubleSide, Mesh, OrbitControls, PerspectiveCamera, Points, Scene, ShaderMaterial, Vector3, WebGLRenderer } from "../vendor.js";
import { fitView } from "./fit_view.js";

const POINT_VERTEX = `
  attribute vec3 tint; varying vec3 shown; uniform float size; uniform float worldSize;
  void main() {
    shown = tint;
    vec4 seen = modelViewMatrix * vec4(position, 1.0);
    gl_Position = projectionMatrix * seen;
    float width = worldSize > 0.0 ? worldSize : -position.z; // of a pixel at this depth, or the same everywhere
    gl_PointSize = clamp(size * width / -seen.z, 1.0, 24.0);
  }`;
const MESH_VERTEX = `
  attribute vec3 tint; varying vec3 shown;
  void main() { shown = tint; gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0); }`;
const FRAGMENT = "varying vec3 shown; void main() { gl_FragColor = vec4(shown, 1.0); }";
const FOV_DEG = 50; // approximately of the shorter side
const TALL = 1.2; // below this aspect ratio the vertical field of view grows instead
const RADIANS = Math.PI / 180;
const POINT = 1.6; // size of a point in pixels of the map; more than 1 because surfaces may be slanted
const FROM = new Vector3(0.25, 0.2, 1).normalize(); // the first view: a little to the right and above the camera of the image
const BACKGROUND = 12; // six times the median depth of a frame, which is drawn at 2
const FOLLOW = 0.4; // share of the way that the view moves for each frame, until the user moves it
const TURN = 0.1, ZOOM = 0.9; // of one key

export class CloudView {
  constructor(canvas) {
    this.canvas = canvas;
    this.renderer = new WebGLRenderer({ canvas, antialias: false, alpha: true, powerPreference: "low-power" });
    this.renderer.setPixelRatio(Math.min(2, devicePixelRatio));
    this.camera = new PerspectiveCamera(FOV_DEG, 1, 0.01, 500);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.addEventListener("start", () => { this.isMoved = true; });
    this.controls.addEventListener("change", () => this.draw());
    this.geometry = new BufferGeometry();
    const uniforms = { size: { value: 6 }, worldSize: { value: 0 } };
    this.points = new Points(this.geometry, new ShaderMaterial({ vertexShader: POINT_VERTEX, fragmentShader: FRAGMENT, uniforms }));
    this.mesh = new Mesh(this.geometry, new ShaderMaterial({ vertexShader: MESH_VERTEX, fragmentShader: FRAGMENT, side: DoubleSide }));
    this.points.frustumCulled = this.mesh.frustumCulled = this.mesh.visible = false;
    this.scene = new Scene();
    this.scene.add(this.points, this.mesh);
    this.pointSize = 1; // a factor
    this.clear();
    new ResizeObserver(() => this.#resize()).observe(canvas.parentElement);
    canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  // Nothing is shown; what is shown next starts in a good view.
  clear() {
    this.unit = null; // the depth of a frame that is drawn at distance 2
    this.count = 0;
    this.isMoved = this.isFitted = false;
    this.geometry.setDrawRange(0, 0);
    this.draw();
  }

  // The first view again.
  reset() {
    this.isMoved = false;
    this.#fit();
    this.draw();
  }

  // Points from PointMaker, in camera coordinates: x right, y down, z forward.
  show({ positions, tints, count, median, pixelAngle }) {
    this.unit ??= median;
    const scale = 2 / this.unit;
    this.#reserve(positions.length);
    for (let i = 0; i < 3 * count; i += 3) {
      this.place.array[i] = positions[i] * scale;
      this.place.array[i + 1] = -positions[i + 1] * scale;
      this.place.array[i + 2] = -positions[i + 2] * scale;
    }
    this.tint.array.set(tints.subarray(0, 3 * count));
    Object.assign(this, { pixelAngle, worldSize: 0 });
    this.#changed(count, count);
  }

  // A mesh or a cloud (faces null) from a file: y up, RGB bytes.
  showShape({ positions, tints, faces }) {
    const count = positions.length / 3, box = extent(positions), scale = 2 / box.size;
    this.clear();
    this.#reserve(positions.length);
    for (let i = 0; i < positions.length; i++) this.place.array[i] = (positions[i] - box.centre[i % 3]) * scale;
    this.tint.array.set(tints);
    Object.assign(this, { pixelAngle: 1, worldSize: 1 / Math.sqrt(count) });
    this.#changed(faces ? faces.length : count, count, faces && new BufferAttribute(faces, 1));
  }

  setPointSize(factor) {
    this.pointSize = factor;
    this.draw();
  }

  draw() {
    // The size of a pixel of the map at the depth of the point, so that surfaces have no gaps.
    const perRadian = this.renderer.domElement.height / (2 * Math.tan((this.camera.fov * RADIANS) / 2));
    const { size, worldSize } = this.points.material.uniforms;
    size.value = this.pointSize * POINT * (this.pixelAngle ?? 0.003) * perRadian;
    worldSize.value = this.worldSize ?? 0;
    this.renderer.render(this.scene, this.camera);
  }

  #reserve(length) {
    if (this.place && this.place.array.length >= length) return;
    this.place = new BufferAttribute(new Float32Array(length), 3);
    this.tint = new BufferAttribute(new Uint8Array(length), 3, true);
    this.geometry.setAttribute("position", this.place);
    this.geometry.setAttribute("tint", this.tint);
  }

  // `count`: what is drawn, of `vertices` points, or of the faces in `index`.
  #changed(count, vertices, index = null) {
    this.place.needsUpdate = this.tint.needsUpdate = true;
    this.geometry.setIndex(index);
    this.geometry.setDrawRange(0, count);
    this.mesh.visible = index !== null;
    this.points.visible = index === null;
    this.count = vertices;
    if (!this.isFitted) this.#fit();
    else if (!this.isMoved) this.#fit(FOLLOW);
    this.draw();
  }

  // Everything inside the panel, `share` of the way; from there the view goes neither through the points nor far away from them.
  #fit(share = 1) {
    if (!this.count || !this.canvas.parentElement.clientWidth) return;
    const { position, target } = fitView(this.camera, this.place.array, this.count, FROM, BACKGROUND);
    this.camera.position.lerp(position, share);
    this.controls.target.lerp(target, share);
    const distance = this.camera.position.distanceTo(this.controls.target);
    Object.assign(this.controls, { minDistance: 0.05 * distance, maxDistance: 4 * distance });
    this.controls.cursor.copy(this.controls.target);
    this.controls.maxTargetRadius = distance; // moving the view sideways does not lose the points
    Object.assign(this.camera, { near: distance / 100, far: 100 * distance });
    this.camera.updateProjectionMatrix();
    this.controls.update();
    this.isFitted = true;
  }

  #resize() {
    const { clientWidth, clientHeight } = this.canvas.parentElement;
    if (!clientWidth || !clientHeight) return;
    this.renderer.setSize(clientWidth, clientHeight, false);
    const aspect = clientWidth / clientHeight;
    const half = Math.tan((FOV_DEG * RADIANS) / 2) * Math.max(1, TALL / aspect);
    Object.assign(this.camera, { aspect, fov: (2 * Math.atan(half)) / RADIANS });
    this.camera.updateProjectionMatrix();
    if (!this.isMoved) this.#fit();
    this.draw();
  }

  #key(event) {
    const turn = { ArrowLeft: [-TURN, 0], ArrowRight: [TURN, 0], ArrowUp: [0, -TURN], ArrowDown: [0, TURN] }[event.key];
    const zoom = { "+": ZOOM, "=": ZOOM, "-": 1 / ZOOM }[event.key];
    const { position } = this.camera, { target } = this.controls;
    if (event.key === "0") return this.reset();
    if (!turn && !zoom) return;
    event.preventDefault();
    this.isMoved = true;
    const away = position.clone().sub(target);
    const radius = away.length() * (zoom ?? 1);
    const around = Math.atan2(away.x, away.z) + (turn?.[0] ?? 0);
    const above = Math.max(-1.4, Math.min(1.4, Math.asin(away.y / away.length()) - (turn?.[1] ?? 0)));
    const flat = radius * Math.cos(above);
    position.set(target.x + flat * Math.sin(around), target.y + radius * Math.sin(above), target.z + flat * Math.cos(around));
    this.controls.update();
    this.draw();
  }
}

// The middle of the points, and how far most of them reach from it.
function extent(positions) {
  const axes = [0, 1, 2].map((axis) => positions.filter((_, i) => i % 3 === axis).sort());
  const low = axes.map((values) => values[Math.floor(0.01 * values.length)]);
  const high = axes.map((values) => values[Math.ceil(0.99 * values.length) - 1]);
  const centre = low.map((value, axis) => (value + high[axis]) / 2);
  return { centre, size: Math.max(1e-9, ...high.map((value, axis) => (value - low[axis]) / 2)) };
}
