// Playback of a recording: its position, which can be moved, and whether it is repeated.

const $ = (id) => document.getElementById(id);
const UPDATE_MS = 200;

export class Timeline {
  constructor(onSeek) {
    this.given = null;
    $("seek").addEventListener("input", () => {
      const seconds = Number($("seek").value);
      this.held = performance.now() + 2 * UPDATE_MS; // the handle does not jump back before the seek has arrived
      this.#say(seconds);
      onSeek(seconds);
    });
    $("loop").addEventListener("change", () => this.given?.setLoop($("loop").checked));
    setInterval(() => this.update(), UPDATE_MS);
  }

  // `timeline` of a source, or undefined where it has none; `isLoop`: repeated from the start.
  show(timeline, isLoop) {
    this.given = timeline ?? null;
    $("loop-label").hidden = !timeline?.setLoop;
    $("loop").checked = isLoop;
    timeline?.setLoop?.(isLoop);
    this.update();
  }

  update() {
    const duration = this.given?.duration() ?? 0;
    $("timeline").hidden = !duration || document.body.dataset.phase === "empty";
    if (!duration || performance.now() < (this.held ?? 0)) return;
    $("seek").max = duration;
    $("seek").value = this.given.position();
    this.#say(this.given.position());
  }

  #say(seconds) {
    const text = `${clock(seconds)} / ${clock(this.given.duration())}`;
    $("time").textContent = text;
    $("seek").setAttribute("aria-valuetext", text);
  }
}

export function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
