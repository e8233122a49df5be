// One source and one model at a time. Whatever belonged to the previous ones is cleared before the next one starts, and
// what still arrives from them is ignored.

export class Session {
  #turn = 0;
  #requested = null; // the model that was selected and has not answered yet
  #previous = ""; // the model before it
  #refused = ""; // why it was refused: images that were on their way are refused for the same reason

  // `screen`: prepare(name, step), step(text), show(frame, drawable, capturedAt, name), setPhase(phase), lost(text), fail(where,
  // text), empty(), opened(source), setModel(name). See main.js.
  constructor(screen) {
    this.screen = screen;
    this.source = null;
    this.model = "";
    this.name = "";
    this.phase = "empty";
  }

  // Starts a source: `open(page)` resolves to { stop, setModel, pause, timeline?, isStill? }.
  async start(open, name) {
    const turn = ++this.#turn;
    this.#stop();
    this.name = name;
    this.#refused = "";
    this.#prepare(name, "Opening");
    try {
      const source = await open(this.#page(turn));
      if (turn !== this.#turn) return source.stop(); // another one was selected meanwhile
      this.source = source;
      this.screen.opened(source);
    } catch (error) {
      if (turn === this.#turn) this.#fail(error.message);
    }
  }

  selectModel(name) {
    this.#previous = this.model;
    this.#refused = "";
    this.model = this.#requested = name;
    if (!this.source) return;
    this.#prepare(name, `Loading ${name}`);
    this.source.setModel(name);
  }

  get isWaitingForModel() {
    return this.#requested !== null;
  }

  // Pause, Resume or Replay, by what is shown.
  togglePause() {
    if (this.phase === "ended") {
      this.source.timeline.seek(0);
      this.source.pause(false);
      this.#setPhase("playing");
    } else {
      const isPaused = this.phase !== "paused";
      this.source.pause(isPaused);
      this.#setPhase(isPaused ? "paused" : "playing");
    }
  }

  seek(seconds) {
    this.source.timeline.seek(seconds);
    if (this.phase !== "ended") return;
    this.source.pause(false);
    this.#setPhase("playing");
  }

  // Shows what comes from a file and has no frames.
  finish(phase) {
    this.#setPhase(phase);
  }

  #stop() {
    this.source?.stop();
    this.source = this.#requested = null;
  }

  #prepare(name, step) {
    this.#setPhase("preparing");
    this.screen.prepare(name, step);
  }

  #setPhase(phase) {
    this.phase = phase;
    this.screen.setPhase(phase, this.source);
  }

  #fail(text) {
    this.#turn++;
    this.#stop();
    this.#setPhase("empty");
    this.screen.fail("source", text);
  }

  // What a source may do; nothing once another source was selected.
  #page(turn) {
    const ifShown = (act) => (...given) => { if (turn === this.#turn) act(...given); };
    return {
      model: () => this.model,
      step: ifShown((text) => { if (this.phase === "preparing") this.screen.step(text); }),
      show: ifShown((...frame) => this.#show(...frame)),
      lost: ifShown((text) => this.screen.lost(text)),
      found: ifShown(() => this.screen.lost("")),
      paused: ifShown((isPaused) => { if (this.phase !== "preparing") this.#setPhase(isPaused ? "paused" : "playing"); }),
      ended: ifShown(() => { if (this.phase !== "ended") this.#setPhase("ended"); }),
      complain: ifShown((text) => this.#complain(text)),
      fail: ifShown((text) => (this.#requested ? this.#complain(text) : this.#fail(text))),
    };
  }

  #show(frame, drawable, capturedAt) {
    const { model } = frame.header;
    if (this.#requested && model !== this.#requested) return; // of the model before
    this.#requested = null;
    if (this.model !== model) this.screen.setModel((this.model = model)); // another viewer switched it
    if (this.phase === "preparing") this.#setPhase("playing");
    this.screen.show(frame, drawable, capturedAt);
  }

  // An error that does not end the source: of the model that was selected, or of one image.
  #complain(text) {
    if (text === this.#refused) return;
    if (!this.#requested) return this.screen.fail("source", text);
    this.#refused = text;
    this.screen.fail("model", text);
    this.#requested = null;
    this.screen.setModel((this.model = this.#previous));
    this.source?.setModel(this.model);
  }
}
