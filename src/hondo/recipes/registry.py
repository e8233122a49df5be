"""The table of recipes: a function without arguments that returns a complete Recipe."""

from collections.abc import Callable

from hondo.core.tables import Table
from hondo.recipes.recipe import Recipe

RECIPES: Table[Callable[[], Recipe]] = Table(
    "recipe",
    {
        "video": "hondo.recipes.video_recipes:video",
        "rgbd": "hondo.recipes.depth_recipes:rgbd",
        "semi": "hondo.recipes.video_recipes:semi",
        "distil": "hondo.recipes.video_recipes:distil",
        "kitti-completion": "hondo.recipes.depth_recipes:kitti_completion",
        "kitti-completion-tiny": "hondo.recipes.depth_recipes:kitti_completion_tiny",
        "mix": "hondo.recipes.depth_recipes:mix",
        "nano": "hondo.recipes.nano_recipes:nano",
        "nano-medium": "hondo.recipes.nano_recipes:nano_medium",
        "nano-large": "hondo.recipes.nano_recipes:nano_large",
        "nano-again": "hondo.recipes.nano_recipes:nano_again",
        "nano-final": "hondo.recipes.nano_recipes:nano_final",
        "small": "hondo.recipes.small_recipes:small",
    },
)
