// A camera position from which points fill the view and stay inside it, in closed form.

import { Vector3 } from "../vendor.js";

const MARGIN = 0.9; // share of the view that is used
const OUTSIDE = 0.002; // share of the points that may lie outside on each side: single ones do not count
const MOST = 1500; // points that are looked at

// For a camera that looks against `direction` (of unit length) with y up: { position, target }. A point at (u, v, w) along right,
// up and direction is inside if |u - u0| <= tx (w0 - w) and |v - v0| <= ty (w0 - w), with the camera at (u0, v0, w0).
// `far`: points behind it are background, which does not count (in the unit of the points, along -z).
export function fitView({ fov, aspect }, points, count, direction, far) {
  const right = new Vector3(0, 1, 0).cross(direction).normalize(), up = direction.clone().cross(right);
  const ty = MARGIN * Math.tan((fov * Math.PI) / 360), tx = ty * aspect;
  const all = sample(points, count), near = all.filter(({ z }) => z > -far);
  const seen = (near.length ? near : all).map((point) => [point.dot(right), point.dot(up), point.dot(direction)]);
  const largest = (measure) => quantile(seen.map(measure), 1 - OUTSIDE);
  const [a, b] = [largest(([u, , w]) => u + tx * w), largest(([u, , w]) => -u + tx * w)];
  const [c, d] = [largest(([, v, w]) => v + ty * w), largest(([, v, w]) => -v + ty * w)];
  const w0 = Math.max((a + b) / (2 * tx), (c + d) / (2 * ty));
  const middle = quantile(seen.map(([, , w]) => w), 0.5);
  const at = (w) => new Vector3().addScaledVector(right, (a - b) / 2).addScaledVector(up, (c - d) / 2).addScaledVector(direction, w);
  return { position: at(Math.max(w0, middle + 1e-3)), target: at(middle) };
}

function quantile(values, share) {
  return values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))];
}

function sample(points, count) {
  const step = Math.max(1, Math.floor(count / MOST)), some = [];
  for (let i = 0; i < count; i += step) some.push(new Vector3(points[3 * i], points[3 * i + 1], points[3 * i + 2]));
  return some;
}
