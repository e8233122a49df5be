"""Every kernel of the table runs in every precision that it declares, and states its multiply-accumulates."""

import pytest

from hondo.evaluate.speed.peak_kernels import KERNELS, PeakKernel

CASES = [pytest.param(each, name, id=f"{each.name}-{name}") for each in KERNELS for name in each.precisions]


@pytest.mark.parametrize(("kernel", "precision"), CASES)
def test_a_kernel_runs(kernel: PeakKernel, precision: str) -> None:
    if not kernel.is_installed():
        pytest.skip(f"{kernel.name} needs {', '.join(kernel.packages)}")
    product = kernel.make(precision, 128, 1)
    product.call()
    assert product.macs == pytest.approx(128**3, rel=20)  # a convolution has a least size
    assert product.macs >= 128**3 / 2


def test_a_missing_package_is_known() -> None:
    kernel = PeakKernel(name="x", packages=("torch", "no_such_package"), precisions=(), make=KERNELS[0].make)
    assert not kernel.is_installed()
