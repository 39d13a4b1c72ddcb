"""The networks of models/ that are fine-tuned, folded, with the images to train, calibrate and evaluate on."""
from dataclasses import dataclass
from functools import lru_cache

import torch

from train_models_lib import files, onnx_file, quantization, recipes
from train_models_lib.training import to_tensor

from .network import QuantizedNetwork

NAMES = ["shapes_mobilenet_v1", "digits_mobilenet_v2"]


@dataclass(frozen=True)
class Subject:
    """A trained network without batch normalization; images are (N, C, H, W) floats."""
    name: str
    data: recipes.DataSet
    operations: list
    silent: dict  # depthwise layer -> which of its filters have an input that is always zero
    calibration: torch.Tensor
    evaluation: tuple  # (images, labels)

    def quantized(self, method, bits, tuning, keep_silent=False):
        """The network before fine-tuning. Filters that hear nothing are set to zero unless they are kept."""
        operations = self.operations if keep_silent else quantization.without(self.operations, self.silent)
        return QuantizedNetwork(operations, method, bits, tuning, self.calibration)


@lru_cache(maxsize=None)
def training_images(data):
    """(images, labels), drawn again as for the float network."""
    pixels, labels = data.training()
    return to_tensor(pixels), torch.as_tensor(labels).long()


@lru_cache(maxsize=None)
def load(models, name):
    """Reads `models`/NAME.onnx and its images; evaluates on the stored images and on those of models/README.md's second group."""
    data = next(recipe.data for recipe in recipes.RECIPES if recipe.name == name)
    calibration = to_tensor(files.read_images(models / "data" / f"{data.name}_calibration", data)[0])
    parts = [files.read_images(models / "data" / f"{data.name}_eval", data), data.large_evaluation()]
    with torch.no_grad():
        operations = quantization.fold(onnx_file.read(models / f"{name}.onnx"))
        silent = quantization.silent_inputs(operations, calibration)
    return Subject(name, data, operations, silent, calibration,
                   (torch.cat([to_tensor(pixels) for pixels, _ in parts]),
                    torch.cat([torch.as_tensor(labels) for _, labels in parts])))


@torch.no_grad()
def top1(network, images, labels):
    """Percent of the images whose largest logit is their label's."""
    right = sum(int((network(part).argmax(dim=1) == expected).sum())
                for part, expected in zip(images.split(250), labels.split(250)))
    return 100 * right / len(labels)
