// The image over the depth map, up to a divider that can be dragged or moved with the arrow keys.

import { fittedBox } from "./depth_view.js";

const HANDLE = 28; // width of the divider's handle in pixels, as in views.css

export class Compare {
  constructor({ depth, before, split, toggle }) {
    Object.assign(this, { depth, before, split, toggle });
    toggle.addEventListener("click", () => this.#setActive(split.hidden));
    split.addEventListener("input", () => this.#place());
    new ResizeObserver(() => this.#place()).observe(depth.parentElement);
  }

  // `image`: the canvas of the image.
  draw(image) {
    this.image = image;
    if (this.split.hidden) return;
    const { before } = this;
    if (before.width !== image.width || before.height !== image.height) Object.assign(before, { width: image.width, height: image.height });
    before.getContext("2d").drawImage(image, 0, 0);
    this.#place();
  }

  #setActive(isActive) {
    this.split.hidden = this.before.hidden = !isActive;
    this.toggle.setAttribute("aria-pressed", String(isActive));
    if (isActive && this.image) this.draw(this.image);
  }

  #place() {
    if (this.split.hidden) return;
    const { left, top, w, h } = fittedBox(this.depth), end = left + (w * this.split.value) / 100;
    Object.assign(this.split.style, { left: `${left - HANDLE / 2}px`, top: `${top}px`, width: `${w + HANDLE}px`, height: `${h}px` });
    this.before.style.clipPath = `inset(0 ${this.depth.clientWidth - end}px 0 0)`;
    this.split.setAttribute("aria-valuetext", `${this.split.value} % image`);
  }
}
