from hondo.images.read import read_image
from hondo.train.loop.sample_images import image_writer


def test_a_sheet_of_images_above_their_depth(objective, batches, tmp_path):
    path = tmp_path / "sheet.png"
    image_writer(batches().samples[:3])(objective().model.eval(), path)
    height, width, _ = read_image(path).shape
    assert width > 3 * 300 and height > 2 * 150
