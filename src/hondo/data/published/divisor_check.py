"""A wrong divisor, recognised by depths that a data set does not hold, and the one that would fit."""

import math
from statistics import median

import numpy as np

from hondo.core.errors import HondoError
from hondo.data.layouts.layout import Layout
from hondo.data.readers.file_reader import FileReader, Item

DIVISORS = (1.0, 100.0, 256.0, 1000.0, 5000.0)  # metres = stored / one of these, in published data sets
PROBED = 3  # maps that are looked at before a run


def divisor_remark(layout: Layout, median_m: float, *, divide_by: float) -> str:
    """One line where a median depth lies outside what a data set holds, with the divisor that would fit; else empty."""
    low, high = layout.median_m
    if not layout.is_metric or low <= median_m <= high:
        return ""
    published = layout.encoding.divide_by if layout.encoding is not None else 1.0
    stored = median_m * divide_by
    fitting = [each for each in DIVISORS if each != divide_by and low <= stored / each <= high]
    fitting.sort(key=lambda each: abs(math.log(stored / each / math.sqrt(low * high))))  # the most usual depth first
    if published != divide_by and low <= stored / published <= high:
        fitting = [published]
    says = f"the median depth is {median_m:.3g} m, in {layout.name} it is {low:g} to {high:g} m"
    if not fitting or layout.encoding is None or layout.encoding.quantity != "depth":
        return f"{says}: are these the files of {layout.name}?"
    factors = " or ".join(f"{each:g}" for each in fitting)
    look = f"the files look like metres x {factors}, not x {divide_by:g}"
    return f"{says}: {look}; give divide_by={fitting[0]:g} if they are"


def probe_median(reader: FileReader, items: tuple[Item, ...], *, divide_by: float | None) -> float | None:
    """The median depth [m] of a few maps spread over the items; None where none can be read."""
    found = []
    for item in items[:: max(1, len(items) // PROBED)][:PROBED]:
        try:
            depth = reader.depth(item, image_hw=reader.image_hw(item), divide_by=divide_by)
        except (HondoError, OSError):
            continue  # reported when the sample is read
        known = np.zeros(0) if depth is None else depth[np.isfinite(depth) & (depth > 0)]
        if known.size:
            found.append(float(np.median(known)))
    return median(found) if found else None
