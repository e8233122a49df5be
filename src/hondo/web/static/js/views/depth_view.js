// The depth map in colours, with a marker that reads it; the pointer may be over the depth map or the image. `onReading`
// receives the text and whether a key requested it: only then is it announced to screen readers.

export class DepthView {
  constructor(canvas, image, mark, onReading) {
    this.canvas = canvas;
    this.mark = mark;
    this.onReading = onReading;
    this.point = null; // position in the map, 0..1
    for (const each of [canvas, image]) {
      for (const kind of ["pointermove", "pointerdown"]) each.addEventListener(kind, (event) => this.#at(event));
      each.addEventListener("pointerleave", () => this.#set(null));
    }
    canvas.addEventListener("blur", () => this.#set(null));
    canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  show(frame, ends, range, palette) {
    this.frame = frame;
    this.ends = ends;
    const { width, height } = frame;
    if (this.canvas.width !== width || this.canvas.height !== height) {
      Object.assign(this.canvas, { width, height });
      this.image = new ImageData(width, height);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    const scale = 255 / (ends[0] - ends[1] || 1);
    for (let i = 0; i < this.pixels.length; i++) {
      const step = (frame.inverse(i) - ends[1]) * scale; // NaN if unknown: both comparisons are false
      const isShown = step >= range.low * 255 || step < range.low * 255;
      const faded = step < range.low * 255 - 0.5 || step > range.high * 255 + 0.5;
      const color = palette[Math.max(0, Math.min(255, Math.round(step)))];
      this.pixels[i] = isShown ? (faded && (range.low > 0 || range.high < 1) ? 0x22000000 | (color & 0xffffff) : color) : 0xff000000;
    }
    this.canvas.getContext("2d").putImageData(this.image, 0, 0);
    this.#read();
  }

  clear() {
    this.frame = null;
    this.canvas.getContext("2d").clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.#set(null);
  }

  #key(event) {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!move || !this.frame) return;
    event.preventDefault();
    const step = event.shiftKey ? 0.1 : 0.02;
    const [x, y] = this.point ?? [0.5, 0.5];
    const inside = (value) => Math.max(0, Math.min(0.999, value));
    this.#set(this.point ? [inside(x + move[0] * step), inside(y + move[1] * step)] : [0.5, 0.5], true);
  }

  #at(event) {
    if (!this.frame) return;
    const box = fittedBox(event.currentTarget);
    const x = (event.offsetX - box.left) / box.w, y = (event.offsetY - box.top) / box.h;
    this.#set(x >= 0 && x < 1 && y >= 0 && y < 1 ? [x, y] : null);
  }

  #set(point, isRequested = false) {
    this.point = point;
    this.#read(isRequested);
  }

  #read(isRequested = false) {
    this.mark.hidden = !this.point;
    if (!this.point || !this.frame) return this.onReading("", isRequested);
    const box = fittedBox(this.canvas), [x, y] = this.point;
    this.mark.style.left = `${box.left + x * box.w}px`;
    this.mark.style.top = `${box.top + y * box.h}px`;
    const index = Math.floor(y * this.frame.height) * this.frame.width + Math.floor(x * this.frame.width);
    this.onReading(this.frame.reading(index, this.ends), isRequested);
  }
}

// The area of the content in a canvas element (object-fit: contain), in CSS pixels.
export function fittedBox({ clientWidth, clientHeight, width, height }) {
  const scale = Math.min(clientWidth / width, clientHeight / height);
  return { left: (clientWidth - width * scale) / 2, top: (clientHeight - height * scale) / 2, w: width * scale, h: height * scale };
}
