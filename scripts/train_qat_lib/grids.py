"""Grids of weights and activations, rounded onto with straight-through gradients.

A weight x of a group (the layer, or one output channel) becomes 2^e * q with the code q = clamp(round(x / 2^e), -q_p, q_p)
and q_p = 2^(bits-1) - 1. An activation becomes s * (q - z), q = clamp(round(x / s) + z, -128, 127), with one scale s and one zero
point z a tensor. Rounding is to nearest, ties to even, as ONNX's QuantizeLinear does it.
"""
import math

import numpy as np
import torch


def top_code(bits):
    """q_p, the largest code of a symmetric grid."""
    return 2 ** (bits - 1) - 1


def power_of_two(exponent):
    """2^exponent for a tensor of whole numbers; exact, which exp2 need not be."""
    return torch.from_numpy(np.asarray(np.ldexp(np.float32(1), exponent.detach().numpy().astype(np.int32))))


def weight_codes(x, exponent, top):
    """The codes, as floats, of x (groups, elements) on the grids 2^exponent, exponent (..., groups, 1)."""
    return torch.clamp(torch.round(x / power_of_two(exponent)), -top, top)


class RoundWeights(torch.autograd.Function):
    """y = 2^E * clamp(round(x / 2^E), -q_p, q_p), where E is made from a real exponent e that may be trained.

    Rounding, also that of e to E, counts as the identity (TQT, arXiv:1903.08066, eq. 6 to 8), s = 2^E:
        dy/dx = 1 inside the grid, 0 where x is clipped
        dy/de = ln 2 * s * (round(x/s) - x/s) inside, ln 2 * s * (+-q_p) where x is clipped
    """

    @staticmethod
    def forward(context, x, real_exponent, exponent, top):
        step = power_of_two(exponent)
        scaled = x / step
        rounded = torch.round(scaled)
        codes = torch.clamp(rounded, -top, top)
        context.save_for_backward(scaled, codes, rounded == codes, step)
        return codes * step

    @staticmethod
    def backward(context, gradient):
        scaled, codes, inside, step = context.saved_tensors
        to_exponent = None
        if context.needs_input_grad[1]:
            slope = codes - torch.where(inside, scaled, torch.zeros_like(scaled))
            to_exponent = math.log(2) * step * (gradient * slope).sum(dim=1, keepdim=True)
        return gradient * inside, to_exponent, None, None


class RoundActivations(torch.autograd.Function):
    """y = s * (clamp(round(x / s) + z, -128, 127) - z); the gradient passes where x is not clipped.

    PyTorch's own kernel is slower, and as it multiplies by 1 / s, ties can go another way than in ONNX.
    """

    @staticmethod
    def forward(context, x, scale, zero_point):
        rounded = torch.div(x, scale).round_().add_(zero_point)
        codes = rounded.clamp(-128, 127)
        context.save_for_backward(rounded == codes)
        return codes.sub_(zero_point).mul_(scale)

    @staticmethod
    def backward(context, gradient):
        return gradient * context.saved_tensors[0], None, None


class ActivationRange:
    """Smallest and largest value of a tensor, zero included: first of calibration images, then a moving average."""

    DECAY = 0.95

    def __init__(self, low, high):
        self.low, self.high = low, high

    def follow(self, value):
        """One more batch, by every fourth of its images."""
        low, high = (float(item) for item in value.detach()[::4].aminmax())
        self.low += (1 - self.DECAY) * (min(0.0, low) - self.low)
        self.high += (1 - self.DECAY) * (max(0.0, high) - self.high)

    def grid(self):
        """(s, z): 255 steps over the range, zero on a code; s is a float32, z a number."""
        scale = torch.tensor((self.high - self.low) / 255 or 1.0, dtype=torch.float32)
        return scale, round(-self.low / float(scale)) - 128
