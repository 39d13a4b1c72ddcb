"""What is trained on what, and every number of the training."""
from dataclasses import dataclass

from . import images, networks


@dataclass(frozen=True)
class DataSet:
    """One kind of labelled image. Each part has its own seed; digits also have their own handwriting."""
    name: str
    column: str
    classes: tuple
    channels: int
    training: object  # callables: () -> (images, labels)
    calibration: object
    evaluation: object
    large_evaluation: object  # more held-out images, drawn when measured and never stored
    turns: bool  # training images may be turned, mirrored and given permuted colours


@dataclass(frozen=True)
class Recipe:
    """One network. SGD with momentum, the rate warmed up, then lowered along a cosine."""
    name: str
    data: DataSet
    layers: object
    seed: int = 1
    epochs: int = 24
    batch: int = 64
    learning_rate: float = 0.1
    warm_up_steps: int = 200
    momentum: float = 0.9
    epsilon: float = 1e-5  # of every batch normalization; PyTorch's default
    weight_decay: float = 1e-4  # convolution and dense weights, but not depthwise ones, as in the published MobileNets
    beta_decay: float = 5e-4  # batch normalization's bias
    gamma_l1: float = 1e-3  # network slimming: L1 on batch normalization's scale, but not behind depthwise layers


# scikit-learn's list is not shuffled, one writer follows another: ranges, not a random split, keep writers apart.
TRAINING_DIGITS, CALIBRATION_DIGITS, EVALUATION_DIGITS = (0, 1373), (1373, 1437), (1437, 1797)

SHAPES = DataSet(
    "shapes", "shape", tuple(images.SHAPES), 3,
    training=lambda: images.shapes(11, 10000),
    calibration=lambda: images.shapes(13, 64),
    evaluation=lambda: images.shapes(14, 500),
    large_evaluation=lambda: images.shapes(12, 2000),
    turns=True)

DIGITS = DataSet(
    "digits", "digit", tuple(images.DIGITS), 1,
    training=lambda: images.digits(11, *TRAINING_DIGITS, copies=10),
    calibration=lambda: images.digits(13, *CALIBRATION_DIGITS),
    evaluation=lambda: images.digits(14, *EVALUATION_DIGITS),
    large_evaluation=lambda: images.digits(12, *EVALUATION_DIGITS, copies=6),
    turns=False)

DATA_SETS = [SHAPES, DIGITS]

RECIPES = [
    Recipe("shapes_mobilenet_v1", SHAPES, networks.mobilenet_v1),
    Recipe("digits_mobilenet_v2", DIGITS, networks.mobilenet_v2, epochs=16, epsilon=1e-6),
    Recipe("digits_squeezenet", DIGITS, networks.squeezenet, epochs=20, learning_rate=0.02),
]
