from hondo.images.read import read_image
from hondo.train.loop.sample_images import picture_writer


def test_a_sheet_of_pictures_above_their_depth(objective, batches, tmp_path):
    path = tmp_path / "sheet.png"
    picture_writer(batches().samples[:3])(objective().model.eval(), path)
    height, width, _ = read_image(path).shape
    assert width > 3 * 300 and height > 2 * 150
