"""Fast checks of the quantizers' formulas and of the exported file; each raises when it fails."""
import math
import tempfile
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper

from train_models_lib import onnx_file

from . import exponents, grids, methods, qdq_file, subjects
from .methods import BY_NAME, Tuning
from .network import channel_mean
from .tuning import fine_tune


def require(condition, sentence):
    if not bool(condition):
        raise AssertionError(sentence)


def random_weights(seed, groups=6, elements=50):
    """Heavy-tailed values, each group of another size, and weights of errors with many zeros."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(groups, elements, generator=generator) ** 3 * torch.logspace(-4, 3, groups).reshape(-1, 1)
    return x, torch.relu(torch.randn(groups, elements, generator=generator))


def powers_are_exact(_):
    for exponent in (-40, -1, 0, 3, 127):
        require(float(grids.power_of_two(torch.tensor(float(exponent)))) == math.ldexp(1.0, exponent),
                f"2^{exponent} is not exact")


def least_error_is_no_worse_than_its_start_and_its_neighbours(_):
    improved = 0
    for seed in range(20):
        x, weight = random_weights(seed)
        for bits in (2, 3, 4, 8):
            top = grids.top_code(bits)
            error = lambda exponent: exponents.weighted_error(x, weight, exponent, top)
            start = exponents.start_exponent(x, weight, top)
            found = exponents.least_error_exponent(x, weight, top)
            require((error(found) <= error(start)).all(), f"seed {seed}, {bits} bits: worse than the start")
            improved += int((error(found) < error(start)).sum())
            for offset in range(-3, 4):
                require((error(found) <= error(found + offset)).all(),
                        f"seed {seed}, {bits} bits: 2^{offset} times the step has a smaller error")
    require(improved > 100, "the start is hardly ever improved")


def weights_of_a_grid_are_found(_):
    for exponent in (-9, 0, 4):
        x = torch.tensor([[-7.0, 3, 1, 0, 5, -1]]) * 2.0 ** exponent
        found = exponents.least_error_exponent(x, torch.ones_like(x), 7)
        require(float(found) == exponent, f"2^{exponent} was found as 2^{float(found)}")


def masks_and_moments_hide_outliers(_):
    x = torch.cat([torch.linspace(-1, 1, 200), torch.tensor([500.0, -500.0])]).reshape(1, -1)
    plain = exponents.least_error_exponent(x, torch.ones_like(x), 7)
    masked = exponents.least_error_exponent(x, exponents.within_two_sigma(x), 7)
    unheard = exponents.least_error_exponent(x, (x.abs() <= 1).float(), 7)
    require(float(plain) >= 5, "the plain error should follow the outliers")
    require(float(masked) == float(unheard) == -3, f"outliers not hidden: {float(masked)}, {float(unheard)}")
    grid = exponents.within_grid(x, torch.tensor([[-3.0]]), 7)
    require(float(grid.sum()) == float((x.abs() <= 7.5 / 8).sum()), "the mask of a trained exponent is another")


def lower_error_is_the_better_neighbour(_):
    x, weight = random_weights(3)
    for real in (-3.5, -0.25, 2.75):
        real = torch.full((len(x), 1), real)
        chosen = exponents.weighted_error(x, weight, exponents.lower_error_exponent(real, x, weight, 7), 7)
        for rule in (torch.floor, torch.ceil):
            require((chosen <= exponents.weighted_error(x, weight, rule(real), 7)).all(), "the other rounding is better")


def trained_exponents_start_at_three_sigma(_):
    x = torch.tensor([[1.0, -1, 1, -1], [0, 0, 0, 0]])
    start = exponents.start_real_exponent(x, 3)
    require(torch.allclose(start, torch.tensor([[0.0], [math.log2(1e-5)]])), f"{start.tolist()}")


def gradients_pass_straight_through(_):
    x = torch.tensor([[0.3, 5.0, -0.8, -9.0]], requires_grad=True)
    real = torch.tensor([[-1.2]], requires_grad=True)
    upstream = torch.tensor([[1.0, 2.0, 3.0, 4.0]])
    rounded = grids.RoundWeights.apply(x, real, torch.tensor([[-1.0]]), 3)  # steps of 1/2, codes 1, 3, -2, -3
    require(torch.equal(rounded, torch.tensor([[0.5, 1.5, -1.0, -1.5]])), f"weights {rounded.tolist()}")
    (rounded * upstream).sum().backward()
    require(torch.equal(x.grad, torch.tensor([[1.0, 0.0, 3.0, 0.0]])), f"dy/dx {x.grad.tolist()}")
    slope = 1 * (1 - 0.6) + 2 * 3 + 3 * (-2 + 1.6) + 4 * -3
    require(math.isclose(float(real.grad), math.log(2) * 0.5 * slope, rel_tol=1e-5), f"dy/de {float(real.grad)}")

    value = torch.tensor([-1.0, 0.26, 30.0], requires_grad=True)
    activation = grids.RoundActivations.apply(value, torch.tensor(0.1), -126)  # -0.2 to 25.3
    require(torch.allclose(activation, torch.tensor([-0.2, 0.3, 25.3])), f"activations {activation.tolist()}")
    activation.sum().backward()
    require(torch.equal(value.grad, torch.tensor([0.0, 1.0, 0.0])), f"gradient of activations {value.grad.tolist()}")


def shifter_limits_exponents(_):
    x = torch.tensor([[1.0], [1.0], [1.0], [0.0]])
    limited = exponents.within_shifter(torch.tensor([[-2.0], [-9.0], [-30.0], [-40.0]]), x, 4)
    require(limited.flatten().tolist() == [-2, -9, -17, -2], f"{limited.flatten().tolist()}")


def small_tuning():
    return Tuning(steps=4, batch=16, moment_batches=1)


def tuned(subject, method, bits, seed=1):
    network = subject.quantized(method, bits, small_tuning())
    return fine_tune(network, subject.calibration, torch.arange(len(subject.calibration)) % 10, False, seed)


def fine_tuning_is_deterministic_and_freezes(models):
    subject = subjects.load(models, "digits_mobilenet_v2")
    for method in (BY_NAME["msqe, stabilized"], BY_NAME["gradient, stabilized, 4-bit shift"]):
        first, second, other = (tuned(subject, method, 3, seed).state_dict() for seed in (1, 1, 2))
        require(all(torch.equal(first[name], second[name]) for name in first), f"{method.name}: another run, other weights")
        require(not all(torch.equal(first[name], other[name]) for name in first), f"{method.name}: the seed does nothing")
    layer = next(iter(tuned(subject, BY_NAME["msqe, stabilized"], 3).layers.values()))
    before = layer.exponent()
    layer.weight.data.mul_(16)
    require(torch.equal(layer.exponent(), before), "a frozen exponent moved")


def corrected_biases_restore_means(models):
    subject = subjects.load(models, "digits_mobilenet_v2")
    network = subject.quantized(BY_NAME["msqe"], 3, small_tuning())
    stem = network.operations[0]
    rounded = [network.activation("image", subject.calibration)]
    distance = lambda: float((channel_mean(network.weighted(stem, rounded)) - network.layer(stem).mean).abs().max())
    with torch.no_grad():
        require(distance() > 4 * float(network.bias_scale(stem)), "rounding to 3 bits should move the means")
        network.correct_biases(subject.calibration)
        require(distance() <= float(network.bias_scale(stem)), "a mean is not the float network's")


def the_file_is_the_network(models):
    subject = subjects.load(models, "digits_mobilenet_v2")
    for method in methods.METHODS:
        network = tuned(subject, method, 4)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "network.onnx"
            qdq_file.write(path, network, subject.calibration.shape, 10)
            require(qdq_file.equals(path, network, subject.calibration), f"{method.name}: the file computes something else")
            constants = {item.name: numpy_helper.to_array(item) for item in onnx.load(str(path)).graph.initializer}
        for operation in network.operations:
            if operation.op not in ("Conv", "Gemm"):
                continue
            codes = constants[f"{operation.name}/weight/codes"]
            scale = constants[f"{operation.name}/weight/scale"]
            require(abs(codes).max() <= 7, f"{operation.name}: a code beyond 4 bits")
            require(scale.shape == ((len(codes),) if method.shift_bits else ()), f"{operation.name}: scales {scale.shape}")
            spread = math.log2(float(scale.max()) / float(scale.min()))
            require(spread == int(spread) and spread <= 15, f"{operation.name}: scales {spread} octaves apart")
            require(math.frexp(float(scale.max()))[0] == 0.5, f"{operation.name}: {scale.max()} is no power of two")


CHECKS = [powers_are_exact, least_error_is_no_worse_than_its_start_and_its_neighbours, weights_of_a_grid_are_found,
          masks_and_moments_hide_outliers, lower_error_is_the_better_neighbour, trained_exponents_start_at_three_sigma,
          gradients_pass_straight_through, shifter_limits_exponents, fine_tuning_is_deterministic_and_freezes,
          corrected_biases_restore_means, the_file_is_the_network]


def run(models):
    """Runs all; the names of those that failed, with reasons."""
    failed = []
    for check in CHECKS:
        try:
            check(models)
        except AssertionError as error:
            failed.append(f"{check.__name__}: {error}")
    return failed
