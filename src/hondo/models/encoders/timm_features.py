"""Any timm model that yields feature maps, as an encoder."""

from functools import cache
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from hondo.core.errors import HondoError
from hondo.models.torchvision_guard import import_timm


class TimmEncoder(nn.Module):
    """A timm ``features_only`` network; of several maps with one stride the last is kept."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network
        reductions = list(network.feature_info.reduction())
        last = {stride: index for index, stride in enumerate(reductions)}
        self.strides = tuple(int(stride) for stride in sorted(last))
        self.kept = [last[stride] for stride in self.strides]
        self.channels = tuple(int(network.feature_info.channels()[index]) for index in self.kept)
        self.is_channels_last = str(getattr(network, "output_fmt", "NCHW")).endswith("NHWC")
        config = getattr(network, "pretrained_cfg", None) or getattr(network, "default_cfg", None) or {}
        self.mean = _triple(config.get("mean", (0.485, 0.456, 0.406)))
        self.std = _triple(config.get("std", (0.229, 0.224, 0.225)))

    def forward(self, image: Float[Tensor, "b c h w"]) -> list[Float[Tensor, "b _ _ _"]]:
        maps = self.network(image)
        maps = [maps[index] for index in self.kept]
        return [x.permute(0, 3, 1, 2) for x in maps] if self.is_channels_last else maps


def timm_encoder(name: str, *, in_channels: int = 3, pretrained: bool = False) -> TimmEncoder:
    """``pretrained`` fetches timm's weights from the Hugging Face hub (or its cache) under the licence given there."""
    create = import_timm().create_model
    try:
        network = create(name, features_only=True, in_chans=in_channels, pretrained=pretrained)
    except (RuntimeError, AttributeError, NotImplementedError) as error:
        if pretrained:
            raise _not_fetched(name, error) from error
        raise HondoError(
            f"timm model '{name}' yields no feature maps ({_line(error)}); choose another encoder"
        ) from error
    except OSError as error:  # connection, cache and hub errors are all of this kind
        raise _not_fetched(name, error) from error
    return TimmEncoder(network)


def is_timm_name(name: str) -> bool:
    return bool(import_timm().is_model(name.partition(".")[0]))


@cache
def timm_names() -> tuple[str, ...]:
    """Every architecture that timm knows."""
    return tuple(import_timm().list_models())


def _not_fetched(name: str, error: Exception) -> HondoError:
    return HondoError(
        f"the pretrained weights of timm model '{name}' could not be fetched ({_line(error)}); "
        "check the network, or build it with pretrained=False"
    )


def _line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:160] if text else type(error).__name__


def _triple(values: Any) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in values)
    return red, green, blue
