// What is being prepared, step by step, for how long, and how far the server is with the model.

import { getJson } from "../server.js";

const $ = (id) => document.getElementById(id);
const POLL_MS = 500;

export class Preparing {
  constructor() {
    this.timer = 0;
  }

  // `model()`: the name of the model that is used; `isSwitch`: it is what is waited for.
  begin(name, step, { model, isSwitch }) {
    this.end();
    this.since = performance.now();
    $("preparing-name").textContent = `Preparing ${name}…`;
    Object.assign(this, { model, isAboutModel: isSwitch });
    this.step(step);
    this.timer = setInterval(() => this.#poll(), POLL_MS);
    $("elapsed").textContent = "";
  }

  step(text) {
    if ($("step").textContent !== text) $("step").textContent = text;
  }

  end() {
    clearInterval(this.timer);
  }

  async #poll() {
    const seconds = Math.floor((performance.now() - this.since) / 1000), name = this.model(), timer = this.timer;
    $("elapsed").textContent = seconds ? `${seconds} s` : "";
    const { models } = await getJson("/v1/models").catch(() => ({ models: [] }));
    const found = models.find((each) => each.name === name);
    if (timer !== this.timer || !found) return;
    if (found.preparing) this.isAboutModel = true;
    if (found.preparing) this.step(`${name}: ${found.preparing}`);
    else if (found.is_loaded && this.isAboutModel) this.step(`${name} is loaded; waiting for its first depth map`);
  }
}
