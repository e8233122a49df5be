// Files that are dropped on the page; while one is dragged over it, the page says that it may be dropped.

export function wireDrop(onFile) {
  const hasFile = (event) => event.dataTransfer?.types.includes("Files");
  const mark = (isOver) => document.body.classList.toggle("dropping", isOver);
  for (const kind of ["dragenter", "dragover"]) {
    addEventListener(kind, (event) => { event.preventDefault(); if (hasFile(event)) mark(true); });
  }
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) mark(false); });
  addEventListener("drop", (event) => {
    event.preventDefault();
    mark(false);
    if (event.dataTransfer.files.length) onFile(event.dataTransfer.files[0]);
  });
}
