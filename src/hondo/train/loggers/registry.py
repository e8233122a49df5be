"""The table of loggers. jsonl is always on; the others are chosen with ``loop.log``."""

from hondo.core.tables import Table
from hondo.train.loggers.run_logger import OpenLogger

LOGGERS: Table[OpenLogger] = Table(
    "logger",
    {
        "jsonl": "hondo.train.loggers.json_lines:JsonLines",
        "mlflow": "hondo.train.loggers.mlflow_log:open_mlflow",
        "tensorboard": "hondo.train.loggers.tensorboard_log:open_tensorboard",
        "wandb": "hondo.train.loggers.wandb_log:open_wandb",
    },
)
