"""What is compared: named methods of finding the exponents, and every number of the fine-tuning."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """One way to find the exponents of weights."""
    name: str
    exponent: str  # "least_error" (MSQE-based); "ceil", "round", "lower_error" (a trained real exponent, rounded so)
    outlier_mask: bool = False
    second_moments: bool = False  # errors weighted with sqrt(EMA(g^2)) of the loss's gradient g
    stable_exponent: bool = False  # in the second half, the rounded moving average of the first half's
    shift_bits: int = 0  # 0: one exponent a layer; otherwise one an output channel, within the shifter's range

    @property
    def trained_exponent(self):
        return self.exponent != "least_error"


def stabilized(name, exponent, **changes):
    return Method(name, exponent, outlier_mask=True, second_moments=True, stable_exponent=True, **changes)


METHODS = [
    Method("msqe", "least_error"),
    stabilized("msqe, stabilized", "least_error"),
    Method("gradient, ceil", "ceil"),
    stabilized("gradient, stabilized", "lower_error"),
    Method("msqe, 4-bit shift", "least_error", shift_bits=4),
    stabilized("msqe, stabilized, 4-bit shift", "least_error", shift_bits=4),
    stabilized("gradient, stabilized, 4-bit shift", "lower_error", shift_bits=4),
    Method("gradient, round", "round"),
]
ABLATION = [
    Method("msqe, outlier mask alone", "least_error", outlier_mask=True),
    Method("msqe, second moments alone", "least_error", second_moments=True),
    Method("msqe, stable exponent alone", "least_error", stable_exponent=True),
    Method("gradient, lower error alone", "lower_error"),
    Method("gradient, lower error, mask and moments", "lower_error", outlier_mask=True, second_moments=True),
]
BY_NAME = {method.name: method for method in METHODS + ABLATION}


@dataclass(frozen=True)
class Tuning:
    """Adam on weights, channel means and exponents, with the rate lowered along a cosine."""
    steps: int = 150
    batch: int = 32
    weight_rate: float = 2e-2  # in units of the layer: the median over channels of the root mean square
    mean_rate: float = 5e-3
    mean_decay: float = 0.9
    exponent_rate: float = 6e-2
    moment_batches: int = 8  # of the float network, before the first step
    moment_decay: float = 0.99
    exponent_decay: float = 0.95
    freeze_at: float = 0.5  # part of the steps after which stable exponents stay
    correct_biases: bool = False  # give channels their float means in the end; of use where nothing is trained


@dataclass(frozen=True)
class Product:
    """A quantized network that is kept in models/."""
    name: str
    network: str
    method: str
    bits: int
    tuning: Tuning
    seed: int = 1


PRODUCTS = [
    Product("shapes_mobilenet_v1_qat4", "shapes_mobilenet_v1", "msqe, stabilized, 4-bit shift", 4, Tuning(steps=400)),
    Product("digits_mobilenet_v2_qat4", "digits_mobilenet_v2", "gradient, stabilized", 4, Tuning(steps=400)),
]
