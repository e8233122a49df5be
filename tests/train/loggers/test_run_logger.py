"""A nested config as flat names."""

from hondo.train.loggers.run_logger import flattened


def test_flat_names_and_simple_values():
    config = {"optim": {"lr": 0.1, "betas": (0.9, 0.99), "lr_factors": {}}, "name": "video", "evaluate": None}
    assert flattened(config) == {
        "optim.lr": 0.1,
        "optim.betas": "(0.9, 0.99)",
        "optim.lr_factors": "{}",
        "name": "video",
        "evaluate": "None",
    }
