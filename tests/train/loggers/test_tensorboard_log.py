"""The event files hold curves, the image and the config; a resumed run hides what came after its checkpoint."""

import pytest

pytest.importorskip("tensorboard")

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from hondo.train.loggers.tensorboard_log import open_tensorboard


def test_what_tensorboard_reads(facts, image, tmp_path):
    logger = open_tensorboard(facts())
    for step in (2, 4, 6):
        logger.scalars({"loss": 1 / step, "lr": 1e-3}, step=step)
    logger.image(image, step=4)
    logger.close()
    resumed = open_tensorboard(facts(resume_at=4))
    resumed.scalars({"loss": 9.0}, step=5)
    resumed.close()
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [(each.step, each.value) for each in events.Scalars("loss")] == [(2, 0.5), (4, 0.25), (5, 9.0)]
    assert events.Images("samples")[0].width == 6
    assert b'"lr": 0.1' in events.Tensors("config/text_summary")[0].tensor_proto.string_val[0]
