"""Instance types that hondo knows: what they hold, and the class of their price.

Prices are list prices per hour in US dollars of on-demand instances in the provider's first US region, rounded, as the
providers published them in 2025. They serve to warn and to bound a budget; the bill is the provider's.
"""

from dataclasses import dataclass

SPOT_PRICE = 0.4  # of the list price, a cautious guess: providers advertise 0.1 to 0.5
CLASSES = ((0.5, "$"), (2.0, "$$"), (10.0, "$$$"), (float("inf"), "$$$$"))  # up to that many dollars an hour


@dataclass(frozen=True, kw_only=True)
class Instance:
    """A type of machine. ``price``: US dollars per hour on demand; ``gpu``: its name, empty without one."""

    cpus: int
    price: float
    gpus: int = 0
    gpu: str = ""

    @property
    def price_class(self) -> str:
        """From $ (under half a dollar an hour) to $$$$ (ten dollars and more)."""
        return next(name for limit, name in CLASSES if self.price < limit)


def _cpu(cpus: int, price: float) -> Instance:
    return Instance(cpus=cpus, price=price)


def _gpu(cpus: int, price: float, gpu: str, gpus: int = 1) -> Instance:
    return Instance(cpus=cpus, price=price, gpu=gpu, gpus=gpus)


INSTANCES: dict[str, dict[str, Instance]] = {
    "aws": {
        "m7i.large": _cpu(2, 0.10), "m7i.xlarge": _cpu(4, 0.20), "m7i.2xlarge": _cpu(8, 0.40),
        "c7i.xlarge": _cpu(4, 0.18), "c7i.2xlarge": _cpu(8, 0.36), "c7i.4xlarge": _cpu(16, 0.71),
        "c7i.8xlarge": _cpu(32, 1.43), "g4dn.xlarge": _gpu(4, 0.53, "T4"), "g4dn.12xlarge": _gpu(48, 3.91, "T4", 4),
        "g5.xlarge": _gpu(4, 1.01, "A10G"), "g5.2xlarge": _gpu(8, 1.21, "A10G"),
        "g5.12xlarge": _gpu(48, 5.67, "A10G", 4),
        "g6.xlarge": _gpu(4, 0.80, "L4"), "g6.2xlarge": _gpu(8, 0.98, "L4"), "g6.12xlarge": _gpu(48, 4.60, "L4", 4),
        "p4d.24xlarge": _gpu(96, 21.96, "A100", 8), "p5.48xlarge": _gpu(192, 55.04, "H100", 8),
    },
    "gcp": {
        "e2-standard-4": _cpu(4, 0.13), "n2-standard-4": _cpu(4, 0.19), "n2-standard-8": _cpu(8, 0.39),
        "c3-standard-8": _cpu(8, 0.42), "c3-standard-22": _cpu(22, 1.15), "g2-standard-4": _gpu(4, 0.71, "L4"),
        "g2-standard-8": _gpu(8, 0.85, "L4"), "g2-standard-24": _gpu(24, 2.0, "L4", 2),
        "a2-highgpu-1g": _gpu(12, 3.67, "A100"), "a3-highgpu-8g": _gpu(208, 88.25, "H100", 8),
    },
    "azure": {
        "Standard_D2s_v5": _cpu(2, 0.10), "Standard_D4s_v5": _cpu(4, 0.19), "Standard_F8s_v2": _cpu(8, 0.34),
        "Standard_F16s_v2": _cpu(16, 0.68), "Standard_NC4as_T4_v3": _gpu(4, 0.53, "T4"),
        "Standard_NC8as_T4_v3": _gpu(8, 0.75, "T4"), "Standard_NC24ads_A100_v4": _gpu(24, 3.67, "A100"),
        "Standard_NC40ads_H100_v5": _gpu(40, 6.98, "H100"),
    },
}  # fmt: skip
HEADS = {"aws": "m7i.xlarge", "gcp": "n2-standard-4", "azure": "Standard_D4s_v5"}  # runs drivers and no trials
