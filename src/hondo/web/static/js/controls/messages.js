// What the page says: errors beside the action that caused them, notices over the views, and short confirmations.

const $ = (id) => document.getElementById(id);

// `where`: source, model, action or token. Errors are alerts, so that screen readers announce them.
export function fail(where, text) {
  const isEmpty = where === "source" && document.body.dataset.phase === "empty";
  $(isEmpty ? "error-empty" : `error-${where}`).textContent = text;
}

export function clearErrors(...places) {
  for (const where of places) $(`error-${where}`).textContent = "";
}

export function say(text) {
  $("status").textContent = text;
}

// Over the views: why there are no frames. Empty: frames arrive again.
export function notice(text) {
  if ($("notice").textContent !== text) $("notice").textContent = text;
  $("notice").hidden = !text;
}
