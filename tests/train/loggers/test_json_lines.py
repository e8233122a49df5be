"""An image needs no line: it lies in the run folder."""

from hondo.train.loggers.json_lines import JsonLines


def test_an_image_writes_nothing(facts, image, tmp_path):
    logger = JsonLines(facts())
    logger.image(image, step=1)
    logger.close()
    assert (tmp_path / "metrics.jsonl").read_text() == ""
