"""A folded network whose weights, biases and activations are rounded as it runs; what is exported and what is trained.

While it trains, each layer's bias is replaced by the mean that every output channel shall have: the batch's own mean is
subtracted, as batch normalization does it (arXiv:1602.07868 calls it mean-only). Rounding to few bits moves means more than short
training can catch up with. Afterwards a bias is the trained mean less the moving average of what the convolution makes.
"""
from dataclasses import replace

import torch
from torch import nn

from train_models_lib import onnx_file, quantization

from . import exponents
from .grids import ActivationRange, RoundActivations, RoundWeights, power_of_two, top_code, weight_codes


def channel_mean(value):
    """(N, C) or (N, C, H, W) to (C,)."""
    return value.mean(dim=[axis for axis in range(value.dim()) if axis != 1])


class QuantizedLayer(nn.Module):
    """Weight and bias of one Conv or Gemm, and the exponents of the weight's grids; `mean` is of its output in float."""

    def __init__(self, operation, mean, method, bits, tuning):
        super().__init__()
        weight, bias = operation.constants
        self.method, self.tuning, self.top = method, tuning, top_code(bits)
        self.groups = len(weight) if method.shift_bits else 1
        self.weight, self.mean = nn.Parameter(weight.clone()), nn.Parameter(mean)
        self.unit = float(weight.double().flatten(1).square().mean(dim=1).sqrt().median())
        self.real = None
        if method.trained_exponent:
            self.real = nn.Parameter(exponents.start_real_exponent(self.grouped(self.weight.detach()), self.top))
        self.register_buffer("found_mean", mean - bias)  # of the output without bias
        self.register_buffer("moments", torch.zeros_like(weight))
        self.average, self.frozen, self.last, self.changes = None, None, None, 0.0

    @property
    def bias(self):
        return self.mean - self.found_mean

    def centred(self, result, decay):
        """The batch's output without bias, moved to the trained means; their moving average is kept."""
        found = channel_mean(result)
        self.found_mean.mul_(decay).add_((1 - decay) * found.detach())
        return result + (self.mean - found).reshape(1, -1, *[1] * (result.dim() - 2))

    def grouped(self, tensor):
        return tensor.reshape(self.groups, -1)

    def error_weight(self, x):
        """sqrt(EMA(g^2)) and outlier mask, as far as the method has them. Without any gradient all errors count alike."""
        weight = torch.ones_like(x)
        if self.method.second_moments:
            moments = self.grouped(self.moments).sqrt()
            weight = torch.where(moments.amax() > 0, moments, weight)
        if self.method.outlier_mask:
            real = self.real
            weight = weight * (exponents.within_two_sigma(x) if real is None
                               else exponents.within_grid(x, real.detach(), self.top))
        return weight

    @torch.no_grad()
    def exponent(self):
        """The exponents for the weights as they are, (groups, 1)."""
        if self.frozen is not None:
            return self.frozen
        x = self.grouped(self.weight)
        if self.method.exponent == "least_error":
            found = exponents.least_error_exponent(x, self.error_weight(x), self.top, self.last)
        elif self.method.exponent == "lower_error":
            found = exponents.lower_error_exponent(self.real, x, self.error_weight(x), self.top)
        else:
            found = {"ceil": torch.ceil, "round": torch.round}[self.method.exponent](self.real)
        return self.limited(found, x)

    def limited(self, exponent, x):
        return exponents.within_shifter(exponent, x, self.method.shift_bits) if self.method.shift_bits else exponent

    def follow(self, exponent):
        """One more training step: moving average of the exponents, and a count of their changes."""
        if self.last is not None:
            self.changes += float((exponent != self.last).double().mean())
        self.last = exponent
        decay = self.tuning.exponent_decay
        self.average = exponent if self.average is None else decay * self.average + (1 - decay) * exponent

    def follow_gradient(self, decay):
        """EMA(g^2) of the gradient that reached the weights."""
        self.moments.mul_(decay).add_((1 - decay) * self.weight.grad ** 2)

    def freeze(self):
        self.frozen = self.limited(torch.round(self.average), self.grouped(self.weight.detach()))

    def rounded(self):
        exponent = self.exponent()
        if self.training:
            self.follow(exponent)
        real = exponent if self.real is None else self.real
        rounded = RoundWeights.apply(self.grouped(self.weight), real, exponent, self.top).reshape(self.weight.shape)
        return rounded.contiguous(memory_format=torch.channels_last) if rounded.dim() == 4 else rounded

    def step(self):
        """Scale of the weights, of the layer or (channels,)."""
        return power_of_two(self.exponent()).flatten() if self.groups > 1 else power_of_two(self.exponent())[0, 0]

    def codes(self):
        """Integer weights, int8."""
        codes = weight_codes(self.grouped(self.weight.detach()), self.exponent(), self.top)
        return codes.reshape(self.weight.shape).to(torch.int8)


def channel_means(operations, images):
    """The mean of every output channel of each Conv and Gemm in float, by name."""
    means = {}

    def note(operation, value):
        if operation.op in ("Conv", "Gemm"):
            means[operation.name] = channel_mean(value)
        return value

    onnx_file.run(operations, images, note)
    return means


class QuantizedNetwork(nn.Module):
    """Runs folded operations. Every tensor is rounded to 8 bits, except where an activation is fused behind it."""

    def __init__(self, operations, method, bits, tuning, calibration):
        super().__init__()
        self.operations, self.method, self.tuning = operations, method, tuning
        with torch.no_grad():
            means = channel_means(operations, calibration)
            ranges = quantization.activation_ranges(operations, calibration)
        self.layers = nn.ModuleDict(
            {self.key(operation.name): QuantizedLayer(operation, means[operation.name], method, bits, tuning)
             for operation in operations if operation.op in ("Conv", "Gemm")})
        self.fused = {operation.inputs[0] for operation in operations if operation.op in ("Clip", "Relu")}
        self.reshaped = {operation.name: operation.inputs[0] for operation in operations if operation.op == "Flatten"}
        self.ranges = {name: ActivationRange(*ranges[name]) for name in ranges
                       if name not in self.fused and name not in self.reshaped}
        self.mean_decay = None  # where means are normalized
        self.eval()

    def train(self, mode=True):
        self.mean_decay = self.tuning.mean_decay if mode else None
        return super().train(mode)

    @torch.no_grad()
    def correct_biases(self, images):
        """Gives every output channel the mean that it has in float, layer by layer."""
        self.mean_decay = 0.0
        self(images)
        self.mean_decay = None

    @staticmethod
    def key(name):
        return name.replace("/", "_")

    def layer(self, operation):
        return self.layers[self.key(operation.name)]

    def grid(self, name):
        """(scale, zero point) of a tensor; reshaping keeps them."""
        return self.ranges[self.reshaped.get(name, name)].grid()

    def activation(self, name, value):
        if name in self.fused:
            return value
        if self.training and name in self.ranges and name != "image":
            self.ranges[name].follow(value)
        return RoundActivations.apply(value, *self.grid(name))

    def bias_scale(self, operation):
        """S_x * S_w, of the layer or of each channel, in float32."""
        return self.grid(operation.inputs[0])[0] * self.layer(operation).step()

    def weighted(self, operation, inputs):
        """A Conv or Gemm with rounded weights and bias, or while means are normalized without bias."""
        layer = self.layer(operation)
        weight, normalizing = layer.rounded(), self.mean_decay is not None
        scale = None if normalizing else self.bias_scale(operation)
        bias = torch.zeros_like(layer.mean) if normalizing else torch.round(layer.bias / scale) * scale
        result = onnx_file.evaluate(replace(operation, constants=[weight, bias]), inputs)
        return layer.centred(result, self.mean_decay) if normalizing else result

    def forward(self, images):
        value = {"image": self.activation("image", images)}
        for operation in self.operations:
            inputs = [value[name] for name in operation.inputs]
            compute = self.weighted if operation.op in ("Conv", "Gemm") else onnx_file.evaluate
            value[operation.name] = self.activation(operation.name, compute(operation, inputs))
        return value[operation.name]

    def float_forward(self, images):
        """The same network without any rounding."""
        return onnx_file.run([
            replace(operation, constants=[self.layer(operation).weight, self.layer(operation).bias])
            if operation.op in ("Conv", "Gemm") else operation for operation in self.operations], images)
