// The point cloud, rendered with three.js; rendered again only after a change.

import { BufferAttribute, BufferGeometry, OrbitControls, PerspectiveCamera, Points, Scene, ShaderMaterial, WebGLRenderer } from "../vendor/three.min.js";

const VERTEX = `
  attribute vec3 tint; varying vec3 shown; uniform float size;
  void main() {
    shown = tint;
    vec4 seen = modelViewMatrix * vec4(position, 1.0);
    gl_Position = projectionMatrix * seen;
    gl_PointSize = clamp(size * -position.z / -seen.z, 1.0, 16.0);
  }`;
const FRAGMENT = "varying vec3 shown; void main() { gl_FragColor = vec4(shown, 1.0); }";
const FOV_DEG = 50; // approximately of the shorter side, so that a tall view does not crop a wide image
const TALL = 1.2; // below this aspect ratio the vertical field of view grows instead
const RADIANS = Math.PI / 180;
const POINT = 1.6; // size of a point in pixels of the map; more than 1 because surfaces may be slanted

export class CloudView {
  constructor(canvas) {
    this.canvas = canvas;
    this.renderer = new WebGLRenderer({ canvas, antialias: false, alpha: true, powerPreference: "low-power" });
    this.renderer.setPixelRatio(Math.min(2, devicePixelRatio));
    this.camera = new PerspectiveCamera(FOV_DEG, 1, 0.01, 500);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.addEventListener("change", () => this.draw());
    this.geometry = new BufferGeometry();
    this.material = new ShaderMaterial({ vertexShader: VERTEX, fragmentShader: FRAGMENT, uniforms: { size: { value: 6 } } });
    const points = new Points(this.geometry, this.material);
    points.frustumCulled = false;
    this.scene = new Scene();
    this.scene.add(points);
    this.count = 0;
    this.unit = null; // the depth that is drawn at distance 2
    new ResizeObserver(() => this.#resize()).observe(canvas.parentElement);
    canvas.addEventListener("keydown", (event) => this.#key(event));
    this.reset();
  }

  reset() {
    this.camera.position.set(0.35, 0.25, 0.6);
    this.controls.target.set(0, 0, -2);
    this.controls.update();
    this.draw();
  }

  newScene() {
    this.unit = null;
  }

  // Points from PointMaker, in camera coordinates: x right, y down, z forward.
  show({ positions, tints, count, median }, pixelAngle) {
    this.unit ??= median;
    const scale = 2 / this.unit;
    if (!this.place || this.place.array.length < positions.length) {
      this.place = new BufferAttribute(new Float32Array(positions.length), 3);
      this.tint = new BufferAttribute(new Uint8Array(positions.length), 3, true);
      this.geometry.setAttribute("position", this.place);
      this.geometry.setAttribute("tint", this.tint);
    }
    for (let i = 0; i < 3 * count; i += 3) {
      this.place.array[i] = positions[i] * scale;
      this.place.array[i + 1] = -positions[i + 1] * scale;
      this.place.array[i + 2] = -positions[i + 2] * scale;
    }
    this.tint.array.set(tints.subarray(0, 3 * count));
    this.place.needsUpdate = this.tint.needsUpdate = true;
    this.geometry.setDrawRange(0, count);
    this.count = count;
    this.pixelAngle = pixelAngle;
    this.draw();
  }

  draw() {
    // The size of a pixel of the map at the depth of the point, so that surfaces have no gaps.
    const perRadian = this.renderer.domElement.height / (2 * Math.tan((this.camera.fov * RADIANS) / 2));
    this.material.uniforms.size.value = POINT * (this.pixelAngle ?? 0.003) * perRadian;
    this.renderer.render(this.scene, this.camera);
  }

  #resize() {
    const { clientWidth, clientHeight } = this.canvas.parentElement;
    if (!clientWidth || !clientHeight) return;
    this.renderer.setSize(clientWidth, clientHeight, false);
    const aspect = clientWidth / clientHeight;
    const half = Math.tan((FOV_DEG * RADIANS) / 2) * Math.max(1, TALL / aspect);
    Object.assign(this.camera, { aspect, fov: (2 * Math.atan(half)) / RADIANS });
    this.camera.updateProjectionMatrix();
    this.draw();
  }

  #key(event) {
    const turn = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] }[event.key];
    const zoom = { "+": 0.9, "=": 0.9, "-": 1.1 }[event.key];
    const { position } = this.camera, { target } = this.controls;
    if (event.key === "0") return this.reset();
    if (!turn && !zoom) return;
    event.preventDefault();
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
