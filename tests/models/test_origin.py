"""An origin is noted on the function that builds the variant."""

from torch import nn

from hondo.models.origin import Origin, origin_of


def test_an_origin_is_found_again() -> None:
    origin = Origin(source="the authors", licence="MIT")

    @origin
    def variant() -> nn.Module:
        return nn.Identity()

    assert origin_of(variant) is origin
    assert isinstance(variant(), nn.Identity)


def test_none_means_not_stated() -> None:
    assert origin_of(nn.Identity) is None
