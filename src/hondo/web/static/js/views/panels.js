// The panels of image, depth and 3D: one frame in all of them, or nothing.

import { PointMaker } from "../frames/points.js";
import { CloudView } from "./cloud_view.js";
import { Compare } from "./compare.js";
import { DepthView } from "./depth_view.js";
import { showTicks } from "./legend.js";

const PHONE_POINTS = 40_000;
const $ = (id) => document.getElementById(id);

export class Panels {
  #maker = new PointMaker();
  #tinter = document.createElement("canvas");
  #held = null; // ends of the palette

  constructor() {
    this.frame = this.points = null;
    this.depth = new DepthView($("depth"), $("picture"), $("mark"), (text, isRequested) => {
      $("reading").textContent = text;
      if (isRequested) $("spoken").textContent = text;
    });
    this.compare = new Compare({ depth: $("depth"), before: $("before"), split: $("split"), toggle: $("compare") });
    this.cloud = makeCloud();
  }

  // `settings`: see controls/settings.js; `palette`: 256 colours as words.
  show(frame, drawable, settings, palette) {
    Object.assign(this, { frame, drawable });
    const ends = settings.isHeld ? (this.#held ??= frame.ends) : (this.#held = null, frame.ends);
    paint($("picture"), drawable);
    this.depth.show(frame, ends, settings.range, palette);
    this.compare.draw($("picture"));
    showTicks($("ticks"), frame, ends);
    this.#showCloud(ends, settings);
  }

  showShape(shape) {
    this.clear();
    this.cloud?.showShape(shape);
  }

  clear() {
    this.frame = this.points = this.#held = null;
    for (const id of ["picture", "before"]) $(id).getContext("2d").clearRect(0, 0, $(id).width, $(id).height);
    for (const id of ["ticks", "picture-facts", "cloud-note"]) $(id).textContent = "";
    this.depth.clear();
    this.cloud?.clear();
    delete document.body.dataset.points;
  }

  #showCloud(ends, settings) {
    if (!this.cloud) return;
    const { frame, drawable } = this, { width, height } = frame;
    Object.assign(this.#tinter, { width, height });
    const context = this.#tinter.getContext("2d", { willReadFrequently: true });
    context.drawImage(settings.isPaintedByDepth ? $("depth") : drawable, 0, 0, width, height);
    const isPhone = matchMedia("(max-width: 760px), (max-height: 560px)").matches;
    this.points = this.#maker.make(frame, {
      ...settings, ends, pixels: context.getImageData(0, 0, width, height).data,
      step: isPhone ? Math.max(1, Math.ceil(Math.sqrt((width * height) / PHONE_POINTS))) : 1,
    });
    this.cloud.show(this.points);
    document.body.dataset.points = this.points.count;
    $("cloud-note").textContent = frame.isRelative ? "approximate shape: relative depth" : frame.isMetric ? "" : "up to scale";
  }
}

function makeCloud() {
  try {
    return new CloudView($("cloud"));
  } catch {
    $("cloud").hidden = true;
    $("cloud-missing").hidden = false;
    return null;
  }
}

function paint(canvas, drawable) {
  if (canvas.width !== drawable.width) canvas.width = drawable.width;
  if (canvas.height !== drawable.height) canvas.height = drawable.height;
  canvas.getContext("2d").drawImage(drawable, 0, 0);
}
