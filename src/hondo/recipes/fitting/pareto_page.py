"""The Pareto plot as one HTML page that needs no other file: point at a variant, hide engines, sort the table."""

import html
import json
from collections.abc import Sequence

from hondo.recipes.fitting.fit_results import Result
from hondo.recipes.fitting.fit_target import FitTarget, pareto_front


def pareto_page(
    name: str, target: FitTarget, results: Sequence[Result], best: Result | None, *, what: str, text: str
) -> str:
    """The page; its script draws the points from the numbers that it holds."""
    front = set(pareto_front([(each.latency_ms, each.error) for each in results]))
    points = [
        {
            "label": each.label, "runtime": each.variant.runtime, "ms": round(each.latency_ms, 4),
            "fps": round(each.fps, 2), "error": round(each.error, 6), "gmacs": round(each.gmacs, 3),
            "parameters": round(each.parameters / 1e6, 3), "front": index in front,
            "best": best is not None and each == best,
        }
        for index, each in enumerate(results)
    ]  # fmt: skip
    stated = {"points": points, "target": round(target.milliseconds, 4), "fps": target.fps, "what": what}
    data = json.dumps(stated).replace("</", "<\\/")
    title = html.escape(f"{name} fitted to {target}")
    return PAGE.replace("@TITLE@", title).replace("@TEXT@", html.escape(text)).replace("@DATA@", data)


PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>@TITLE@</title>
<style>
body{font:14px system-ui,sans-serif;margin:2em auto;max-width:62em;padding:0 1em;color:#222}
svg{width:100%;height:auto;background:#fff;border:1px solid #ddd}
table{border-collapse:collapse;margin-top:1em;width:100%}
td,th{border-bottom:1px solid #ddd;padding:.25em .6em;text-align:right}
td:first-child,th:first-child{text-align:left}
th{cursor:pointer;user-select:none}
tr.best{font-weight:bold}tr.lit,tr:hover{background:#eef4fa}
#tip{position:fixed;display:none;background:#222;color:#fff;padding:.4em .7em;border-radius:4px;font-size:12px;
pointer-events:none;max-width:28em}
label{margin-right:1em}
</style>
<h1>@TITLE@</h1><p>@TEXT@</p>
<div id="engines"></div><svg id="plot" viewBox="0 0 900 480" role="img" aria-label="error against latency"></svg>
<table><thead><tr></tr></thead><tbody></tbody></table><div id="tip"></div>
<script id="numbers" type="application/json">@DATA@</script>
<script>
const given = JSON.parse(document.getElementById("numbers").textContent);
const colours = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000"];
const runtimes = [...new Set(given.points.map(p => p.runtime))];
const hidden = new Set(), tip = document.getElementById("tip"), svg = document.getElementById("plot");
const make = (name, attributes, parent) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  parent.append(node);
  return node;
};
const columns = [["variant", "label"], ["FPS", "fps"], ["ms", "ms"], ["error", "error"], ["GMAC", "gmacs"],
  ["M parameters", "parameters"]];
let sortBy = "ms", rising = true;
function words(text, x, y, anchor) {
  const node = make("text", {x, y, "text-anchor": anchor, "font-size": 12, fill: "#555"}, svg);
  node.textContent = text;
}
function draw() {
  svg.replaceChildren();
  const seen = given.points.filter(p => !hidden.has(p.runtime));
  const logs = [...seen.map(p => Math.log(p.ms)), Math.log(given.target)];
  const low = Math.min(...logs) - .1, high = Math.max(...logs) + .1;
  const top = Math.max(1e-6, ...seen.map(p => p.error)) * 1.08, bottom = Math.min(...seen.map(p => p.error)) * .92;
  const x = ms => 70 + 800 * (Math.log(ms) - low) / (high - low);
  const y = error => 430 - 400 * (error - bottom) / (top - bottom || 1);
  for (let i = 0; i <= 5; i++) {
    const ms = Math.exp(low + (high - low) * i / 5), error = bottom + (top - bottom) * i / 5;
    make("line", {x1: x(ms), x2: x(ms), y1: 30, y2: 430, stroke: "#eee"}, svg);
    make("line", {x1: 70, x2: 870, y1: y(error), y2: y(error), stroke: "#eee"}, svg);
    words(ms.toPrecision(3), x(ms), 448, "middle");
    words(error.toPrecision(3), 64, y(error) + 4, "end");
  }
  words("end-to-end latency [ms]", 470, 472, "middle");
  words(given.what, 70, 20, "start");
  make("line", {x1: x(given.target), x2: x(given.target), y1: 30, y2: 430, stroke: "#888", "stroke-dasharray": 5}, svg);
  words(given.fps + " FPS", x(given.target) + 4, 42, "start");
  const front = seen.filter(p => p.front).sort((a, b) => a.ms - b.ms);
  let path = "";
  front.forEach((p, i) => path += i ? `H${x(p.ms)}V${y(p.error)}` : `M${x(p.ms)},${y(p.error)}`);
  make("path", {d: path || "M0,0", fill: "none", stroke: "#333"}, svg);
  for (const p of seen) {
    const circle = make("circle", {cx: x(p.ms), cy: y(p.error), r: p.best ? 9 : 5,
      fill: colours[runtimes.indexOf(p.runtime) % colours.length], "fill-opacity": .8,
      stroke: p.best ? "#000" : "none", "stroke-width": 2}, svg);
    circle.onmousemove = event => {
      tip.style.display = "block";
      tip.style.left = event.clientX + 12 + "px";
      tip.style.top = event.clientY + 12 + "px";
      tip.textContent = `${p.label}: ${p.fps} FPS, ${p.ms} ms, error ${p.error}, ${p.gmacs} GMAC`;
      light(p.label);
    };
    circle.onmouseleave = () => { tip.style.display = "none"; light(null); };
  }
  rows(seen);
}
function light(label) {
  for (const row of document.querySelectorAll("tbody tr")) row.classList.toggle("lit", row.dataset.label === label);
}
function rows(seen) {
  const way = rising ? 1 : -1, order = (a, b) => (a < b ? -way : a > b ? way : 0);
  const sorted = [...seen].sort((a, b) => order(a[sortBy], b[sortBy]));
  document.querySelector("tbody").replaceChildren(...sorted.map(p => {
    const row = document.createElement("tr");
    row.dataset.label = p.label;
    row.classList.toggle("best", p.best);
    row.append(...columns.map(([, key]) => {
      const cell = document.createElement("td");
      cell.textContent = p[key];
      return cell;
    }));
    return row;
  }));
}
document.querySelector("thead tr").append(...columns.map(([title, key]) => {
  const head = document.createElement("th");
  head.textContent = title;
  head.onclick = () => { rising = sortBy === key ? !rising : true; sortBy = key; draw(); };
  return head;
}));
document.getElementById("engines").append(...runtimes.map((runtime, index) => {
  const label = document.createElement("label"), box = document.createElement("input");
  box.type = "checkbox"; box.checked = true;
  box.onchange = () => { box.checked ? hidden.delete(runtime) : hidden.add(runtime); draw(); };
  label.style.color = colours[index % colours.length];
  label.append(box, runtime);
  return label;
}));
draw();
</script></html>
"""
