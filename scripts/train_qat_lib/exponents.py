"""How the exponents of weight grids are found: the two classes of arXiv:2210.03671 and what stabilizes them.

Everywhere x is (groups, elements), weight has its shape or is 1, exponents are (groups, 1) of whole numbers in floats.
"""
import torch

from .grids import power_of_two, weight_codes

LEAST_SQUARES_STEPS = 3
LINE_SEARCH = torch.arange(-3.0, 4.0).reshape(-1, 1, 1)
SMALLEST_STEP = 2.0 ** -40  # of groups without weights


def weighted_error(x, weight, exponent, top):
    """Sum over each group of weight * (x - rounded x)^2."""
    rounded = weight_codes(x, exponent, top) * power_of_two(exponent)
    return (weight * (x - rounded) ** 2).sum(dim=-1, keepdim=True)


def nearest_exponent(step):
    return torch.round(torch.log2(torch.clamp(step, min=SMALLEST_STEP)))


def start_exponent(x, weight, top):
    """round(log2(max|x| / q_p)) over what has a weight, where the search for the least error begins."""
    counted = torch.where(weight > 0, x.abs(), torch.zeros_like(x))
    largest = torch.where((weight > 0).any(dim=1, keepdim=True), counted.amax(dim=1, keepdim=True),
                          x.abs().amax(dim=1, keepdim=True))
    return nearest_exponent(largest / top)


def lower_error_nearby(x, weight, exponent, top):
    """Least-squares steps from `exponent`, each kept if the error fell, then a line search over +-3 around the best.

    A step is s' = sum(weight * q * x) / sum(weight * q^2) for the codes q of the step before, rounded to a power of two.
    """
    best, least = exponent, weighted_error(x, weight, exponent, top)
    for _ in range(LEAST_SQUARES_STEPS):
        codes = weight_codes(x, exponent, top)
        weighted = weight * codes
        above = (weighted * x).sum(dim=1, keepdim=True)
        below = (weighted * codes).sum(dim=1, keepdim=True)
        defined = (above > 0) & (below > 0)
        exponent = torch.where(defined, nearest_exponent(above / torch.where(defined, below, torch.ones_like(below))),
                               exponent)
        error = weighted_error(x, weight, exponent, top)
        best, least = torch.where(error < least, exponent, best), torch.minimum(error, least)
    candidates = best + LINE_SEARCH
    errors = weighted_error(x, weight, candidates, top)
    lowest = errors.argmin(dim=0, keepdim=True)
    return torch.where(errors.gather(0, lowest)[0] < least, candidates.gather(0, lowest)[0], best)


def least_error_exponent(x, weight, top, start=None):
    """The MSQE-based choice, searched from the exponent of the step before (at first from the largest weight).

    The search is repeated until it stays, as outliers can put the start further off than one line search reaches.
    """
    exponent = start_exponent(x, weight, top) if start is None else start
    while True:
        found = lower_error_nearby(x, weight, exponent, top)
        if torch.equal(found, exponent):
            return found
        exponent = found


def start_real_exponent(x, top):
    """Where a trained exponent begins: log2(max(3 * sigma / q_p, 1e-5))."""
    return torch.log2(torch.clamp(3 * deviation(x) / top, min=1e-5))


def lower_error_exponent(real, x, weight, top):
    """Floor or ceiling of a real exponent, whichever has the smaller error; the ceiling when they are equal."""
    floor, ceiling = torch.floor(real), torch.ceil(real)
    better = weighted_error(x, weight, floor, top) < weighted_error(x, weight, ceiling, top)
    return torch.where(better, floor, ceiling)


def deviation(x):
    return x.std(dim=1, unbiased=False, keepdim=True)


def within_two_sigma(x):
    """The outlier mask of the MSQE-based class."""
    return (x.abs() <= 2 * deviation(x)).float()


def within_grid(x, real, top):
    """The outlier mask of the gradient-based class: what 2^real reaches, |x| <= 2^real * (q_p + 1/2)."""
    return (x.abs() <= torch.exp2(real) * (top + 0.5)).float()


def within_shifter(exponent, x, shift_bits):
    """Exponents of channels that S_w * 2^(-k_c), 0 <= k_c < 2^shift_bits, can carry; channels without weights get k_c = 0."""
    alive = x.abs().amax(dim=1, keepdim=True) > 0
    if not bool(alive.any()):
        return exponent
    largest = exponent[alive].max()
    return torch.where(alive, torch.maximum(exponent, largest - (2 ** shift_bits - 1)), largest)
