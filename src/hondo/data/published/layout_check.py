"""What is odd about a published data set on disk: missing depth maps, a wrong divisor, twins that macOS left."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import islice

from hondo.core.sample import Samples
from hondo.data.datasets.dataset_check import DatasetCheck, Finding, check_dataset
from hondo.data.published.divisor_check import divisor_remark
from hondo.data.published.layout_samples import LayoutSamples
from hondo.data.readers.file_reader import FileReader

_SHOWN = 5  # missing depth maps that are named
_MOST_TWINS = 1000  # that are counted


def check_samples(samples: Samples, *, track: Callable[[Iterable[int]], Iterable[int]] = iter) -> DatasetCheck:
    """Reads every sample; of published data sets also says which files are missing and whether the divisor fits."""
    checked = check_dataset(samples, track=track)
    if not isinstance(samples, LayoutSamples):
        return checked
    findings = check_files(samples.reader)
    if checked.median_m is not None:
        remark = divisor_remark(samples.layout, checked.median_m, divide_by=samples.used_divisor)
        findings += [Finding(origin=str(samples.root), says=remark, is_error=True)] if remark else []
    return replace(checked, findings=(*findings, *checked.findings))


def check_files(reader: FileReader) -> list[Finding]:
    """Images whose depth map is missing, by name, and the twins of macOS that are ignored."""
    lacking = [item for item in reader.items if item.depth is None] if reader.layout.depth else []
    findings = [
        Finding(origin=item.name, says=f"no depth map at {reader.expected_depth(item)}", is_error=False)
        for item in lacking[:_SHOWN]
    ]
    if len(lacking) > _SHOWN:
        says = f"{len(lacking)} of {len(reader.items)} images have no depth map"
        findings.append(Finding(origin=str(reader.root), says=says, is_error=False))
    if twins := sum(1 for _ in islice(reader.root.rglob("._*"), _MOST_TWINS)):
        says = f"{twins} files ._* of macOS are ignored; they may be deleted"
        findings.append(Finding(origin=str(reader.root), says=says, is_error=False))
    return findings
