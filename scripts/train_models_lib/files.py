"""The files of models/: image folders with labels.csv, sidecars, and the measured part of README.md."""
import csv
from pathlib import Path

import numpy as np
from PIL import Image

SIDECAR = """\
# How {name}.onnx wants its input and how its outputs are numbered.
input_shape: [1, {channels}, {size}, {size}]   # NCHW, float32
image:
  center_crop: {size}
  channel_order: {order}
  mean: [{values}]   # x = (pixel - mean) / std, pixel 0..255, in channel_order
  std: [{values}]
labels:
  column: {column}
  offset: 0   # output index = label + offset
class_names: [{classes}]
"""


def write_sidecar(path, name, data, size):
    path.write_text(SIDECAR.format(
        name=name, channels=data.channels, size=size, order="rgb" if data.channels == 3 else "gray",
        values=", ".join(["127.5"] * data.channels), column=data.column,
        classes=", ".join(f'"{item}"' for item in data.classes)))


def write_images(folder, data, pixels, labels):
    """`folder`/images/CLASS_NUMBER.png and `folder`/labels.csv; files of an earlier run are removed first."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for old in (folder / "images").glob("*.png"):
        old.unlink()
    rows = [["file", data.column]]
    for index, (image, label) in enumerate(zip(pixels, labels)):
        file = f"images/{data.classes[label]}_{index:04d}.png"
        Image.fromarray(image.squeeze()).save(folder / file, optimize=True)
        rows.append([file, int(label)])
    with open(folder / "labels.csv", "w", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


def read_images(folder, data):
    """The (N, H, W, C) images and labels of a folder, in the order of its labels.csv."""
    with open(folder / "labels.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    pixels = np.stack([np.asarray(Image.open(folder / row["file"])) for row in rows])
    return pixels.reshape(*pixels.shape[:3], data.channels), np.array([int(row[data.column]) for row in rows])


def replace_section(readme, name, text):
    """Puts `text` between the markers `<!-- measured: NAME -->` and `<!-- end -->` of an existing README."""
    begin, end = f"<!-- measured: {name} -->\n", "<!-- end -->"
    content = Path(readme).read_text()
    if begin not in content:
        raise ValueError(f"{readme}: no line '{begin.strip()}' to put the measured figures behind")
    head, rest = content.split(begin, 1)
    Path(readme).write_text(head + begin + text + rest[rest.index(end):])
