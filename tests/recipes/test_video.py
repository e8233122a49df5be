from hondo.recipes.video import adapt, video


def test_adapt_ends_by_the_clock():
    recipe = adapt("clip", seconds=5.0)
    assert recipe.data.root == "clip" and recipe.batches.cache and recipe.optim.max_seconds == 5.0
    assert recipe.objective == video().objective and recipe.name == "video"
