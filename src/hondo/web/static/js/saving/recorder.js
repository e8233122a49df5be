// A video of image and depth side by side, recorded as they are shown, by the browser's encoder.

import { clock } from "../controls/timeline.js";

const TYPES = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm", "video/mp4"]; // MP4: Safari
const MAX_HEIGHT = 720, BITS_PER_S = 8e6, MAX_FPS = 30;

export class Recorder {
  // `onTime(text)`: the time that was recorded, once a second; `onVideo(blob, suffix)`: the video, or null where it has no frame.
  constructor({ onTime, onVideo }) {
    Object.assign(this, { onTime, onVideo, recorder: null });
  }

  get isRunning() {
    return this.recorder !== null;
  }

  start(image) {
    const type = TYPES.find((each) => globalThis.MediaRecorder?.isTypeSupported(each));
    if (!type) throw new Error("This browser cannot record video; use a current Chrome, Edge, Firefox or Safari.");
    const even = (value) => 2 * Math.round(value / 2), height = even(Math.min(MAX_HEIGHT, Math.max(240, image.height)));
    this.half = even((image.width * height) / image.height);
    this.canvas = Object.assign(document.createElement("canvas"), { width: 2 * this.half, height });
    this.context = this.canvas.getContext("2d");
    const chunks = [];
    this.recorder = new MediaRecorder(this.canvas.captureStream(MAX_FPS), { mimeType: type, videoBitsPerSecond: BITS_PER_S });
    this.recorder.addEventListener("dataavailable", ({ data }) => { if (data.size) chunks.push(data); });
    this.recorder.addEventListener("stop", () => {
      const suffix = type.includes("mp4") ? "mp4" : "webm";
      this.onVideo(chunks.length ? new Blob(chunks, { type: type.split(";")[0] }) : null, suffix);
    });
    this.recorder.start(1000);
    const since = performance.now(), tell = () => this.onTime(clock((performance.now() - since) / 1000));
    this.timer = setInterval(tell, 1000);
    tell();
  }

  // Adds what is shown now.
  draw(image, depth) {
    if (!this.recorder) return;
    const { context, half, canvas } = this;
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    [image, depth].forEach((each, i) => {
      const scale = Math.min(half / each.width, canvas.height / each.height), width = each.width * scale, height = each.height * scale;
      context.drawImage(each, i * half + (half - width) / 2, (canvas.height - height) / 2, width, height);
    });
  }

  stop() {
    if (!this.recorder) return;
    clearInterval(this.timer);
    const { recorder } = this;
    this.recorder = null;
    recorder.stop();
    for (const track of recorder.stream.getTracks()) track.stop();
  }
}
