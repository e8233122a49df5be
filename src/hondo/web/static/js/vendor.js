// The parts of three.js that the 3D view uses; see ../vendor.

export * from "../vendor/three.min.js";
