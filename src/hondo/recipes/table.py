"""The table of recipes: a function without arguments that returns a complete Recipe."""

from collections.abc import Callable

from hondo.core.tables import Table
from hondo.recipes.recipe import Recipe

RECIPES: Table[Callable[[], Recipe]] = Table(
    "recipe",
    {
        "video": "hondo.recipes.video:video",
        "rgbd": "hondo.recipes.supervised:rgbd",
        "nano": "hondo.recipes.nano:nano",
        "nano-medium": "hondo.recipes.nano:nano_medium",
        "nano-large": "hondo.recipes.nano:nano_large",
        "nano-again": "hondo.recipes.nano:nano_again",
        "nano-final": "hondo.recipes.nano:nano_final",
    },
)
