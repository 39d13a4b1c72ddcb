"""Float emulation of weight and activation quantization, to measure what the shift equalizer recovers.

It states the methods once more, independently of the compiler: batch-norm folding; one symmetric weight scale per layer,
max|W| / (2^(b-1) - 1); per output channel c the shift k_c = clamp(floor(log2(L / R_c)), 0, 2^bits - 1), with
R_c = max|W_c| and L = max R_c; one asymmetric min-max scale per activation tensor.
"""
import torch

from . import onnx_file
from .onnx_file import Operation

CHANNEL = "per-channel"


def fold(operations):
    """Merges every BatchNormalization into the convolution before it, which takes over its name as an output."""
    folded, maker = [], {}
    for operation in operations:
        if operation.op == "BatchNormalization":
            conv = maker[operation.inputs[0]]
            scale, bias, mean, variance = (item.double() for item in operation.constants)
            factor = scale / torch.sqrt(variance + operation.attributes["epsilon"])
            weight = conv.constants[0].double() * factor.reshape(-1, 1, 1, 1)
            merged = Operation("Conv", operation.name, conv.inputs, [weight.float(), (bias - mean * factor).float()],
                               conv.attributes)
            folded[folded.index(conv)] = merged
            maker[operation.name] = merged
        else:
            folded.append(operation)
            maker[operation.name] = operation
    return folded


def channel_ranges(operation):
    """R_c, the largest absolute weight of each output channel."""
    return operation.constants[0].flatten(1).abs().amax(dim=1).double()


def quantize_weights(operations, shift_bits, weight_bits=8):
    """Rounds all weights; `shift_bits` is 0 (layer-wise), 1 and more (shift equalizer) or CHANNEL (free scales)."""
    result = []
    for operation in operations:
        if operation.op in ("Conv", "Gemm"):
            weight = operation.constants[0].double()
            ranges = channel_ranges(operation)
            largest = ranges.max()
            top = 2 ** (weight_bits - 1) - 1
            alive = ranges > 0
            if shift_bits == CHANNEL:
                step = torch.where(alive, ranges, largest) / top
            else:
                ratio = torch.where(alive, largest / ranges, torch.ones_like(ranges))
                shift = torch.clamp(torch.floor(torch.log2(ratio)), 0, 2 ** shift_bits - 1)
                step = largest / top * 2.0 ** -shift
            step = step.reshape([-1] + [1] * (weight.dim() - 1))
            rounded = torch.clamp(torch.round(weight / step), -top, top) * step
            operation = Operation(operation.op, operation.name, operation.inputs,
                                  [rounded.float(), *operation.constants[1:]], operation.attributes)
        result.append(operation)
    return result


def activation_ranges(operations, images):
    """Smallest and largest value of each tensor on calibration images; zero is always inside."""
    ranges = {"image": (min(0.0, float(images.min())), max(0.0, float(images.max())))}

    def note(operation, value):
        ranges[operation.name] = (min(0.0, float(value.min())), max(0.0, float(value.max())))
        return value

    onnx_file.run(operations, images, note)
    return ranges


def silent_inputs(operations, images):
    """For each depthwise convolution, by name: which input channels stay under 1e-3 everywhere on all images."""
    depthwise = {operation.inputs[0]: operation.name for operation in operations
                 if operation.op == "Conv" and operation.attributes["group"] > 1}
    silent = {}

    def note(operation, value):
        if operation.name in depthwise:
            silent[depthwise[operation.name]] = value.abs().amax(dim=(0, 2, 3)) < 1e-3
        return value

    onnx_file.run(operations, images, note)
    return silent


def without(operations, channels):
    """The same operations with the weights of some channels, given per operation name, set to zero."""
    changed = []
    for operation in operations:
        if operation.name in channels:
            weight = operation.constants[0].clone()
            weight[channels[operation.name]] = 0
            operation = Operation(operation.op, operation.name, operation.inputs, [weight, *operation.constants[1:]],
                                  operation.attributes)
        changed.append(operation)
    return changed


def round_to(value, low, high, bits=8):
    step = (high - low) / (2 ** bits - 1) or 1.0
    zero = round(-low / step)
    return (torch.clamp(torch.round(value / step) + zero, 0, 2 ** bits - 1) - zero) * step


def run(operations, images, ranges=None):
    """Logits; with `ranges`, every tensor is rounded to 8 bits, except where an activation is fused behind it."""
    if ranges is None:
        return onnx_file.run(operations, images)
    fused = {operation.inputs[0] for operation in operations if operation.op in ("Clip", "Relu")}
    after = lambda operation, value: value if operation.name in fused else round_to(value, *ranges[operation.name])
    return onnx_file.run(operations, round_to(images, *ranges["image"]), after)
