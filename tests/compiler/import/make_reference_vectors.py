#!/usr/bin/env python3
"""Prints reference_vectors.h: what PyTorch makes of the layers in operators_test.cpp. Run where torch is installed."""
import torch
import torch.nn.functional as F


def pattern(shape, seed):
    count = 1
    for size in shape:
        count *= size
    values = [((7919 * i + 104729 * seed) % 257 - 128) / 64.0 for i in range(count)]
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def pad(x, top, left, bottom, right, value=0.0):
    return F.pad(x, (left, right, top, bottom), value=value)


IMAGE = pattern((1, 2, 5, 6), 1)
CONV = pattern((3, 2, 3, 2), 2)
BIAS = pattern((3,), 3)
SQUARE = pattern((2, 1, 3, 3), 4)
SEQUENCE = pattern((1, 2, 9), 5)
MEAN, VARIANCE = pattern((2,), 8), pattern((2,), 9).abs() + 0.5

CASES = {
    "conv_asymmetric": F.conv2d(pad(IMAGE, 0, 1, 1, 2), CONV, BIAS, stride=(2, 1), dilation=(1, 2)),
    "conv_same_upper": F.conv2d(pad(IMAGE, 1, 0, 1, 1), CONV, BIAS, stride=(2, 1)),
    "conv_same_lower": F.conv2d(pad(IMAGE, 1, 1, 1, 0), CONV, BIAS, stride=(2, 1)),
    "conv_valid": F.conv2d(IMAGE, CONV, BIAS, stride=(2, 3)),
    "conv_grouped": F.conv2d(IMAGE, pattern((4, 1, 2, 2), 6), None, stride=2, groups=2),
    "conv_depthwise": F.conv2d(IMAGE, SQUARE, None, padding=1, stride=3, groups=2),
    "conv_sequence": F.conv1d(F.pad(SEQUENCE, (2, 1)), pattern((3, 2, 3), 7), BIAS, stride=2),
    "batch_normalization": F.batch_norm(IMAGE, MEAN, VARIANCE, pattern((2,), 6), pattern((2,), 7), eps=1e-3),
    "max_pool_ceil": F.max_pool2d(IMAGE, 2, 2, ceil_mode=True),
    "max_pool_dilated": F.max_pool2d(IMAGE, 2, 1, 1, dilation=2),
    "average_pool_inside": F.avg_pool2d(IMAGE, 3, 2, 1, count_include_pad=False),
    "average_pool_whole": F.avg_pool2d(IMAGE, 3, 2, 1),
    "average_pool_ceil": F.avg_pool2d(IMAGE, 2, 2, ceil_mode=True, count_include_pad=False),
    "average_pool_whole_ceil": F.avg_pool2d(IMAGE, (3, 2), 3, 1, ceil_mode=True),
    "global_average": IMAGE.mean((2, 3)),
    "mean_of_rows": IMAGE.mean(2),
    "greatest_of_columns": IMAGE.amax(3),
    "sum_of_space": IMAGE.sum((2, 3)),
    "gemm": 0.5 * IMAGE.reshape(1, 60) @ pattern((4, 60), 10).T + 2.0 * pattern((4,), 11),
    "matmul_channels_last": (IMAGE.permute(0, 2, 3, 1) @ pattern((2, 3), 12)).permute(0, 3, 1, 2),
    "parametric_relu": F.prelu(IMAGE, pattern((2,), 13)),
    "hard_sigmoid": torch.clamp(0.3 * IMAGE + 0.4, 0, 1),
    "silu": F.silu(IMAGE),
    "hard_swish": F.hardswish(IMAGE),
    "gelu": F.gelu(IMAGE),
    "elu": F.elu(IMAGE, 0.7),
    "softmax_channels": F.softmax(IMAGE, 1),
    "softmax_flat": F.softmax(IMAGE.reshape(1, 60), 1),
    "reflected": F.pad(IMAGE, (2, 1, 1, 0), mode="reflect"),
    "padded": pad(IMAGE, 1, 0, 0, 2, 0.75),
}

print("#pragma once\n\n#include <map>\n#include <string>\n#include <vector>\n")
print("/// Printed by make_reference_vectors.py: PyTorch's results in double precision.")
print("namespace evenshift::test {\n\ninline const std::map<std::string, std::vector<double>>& reference_vectors() {")
print("  static const std::map<std::string, std::vector<double>> kVectors = {")
for name, tensor in CASES.items():
    numbers = ", ".join(f"{value:.10g}" for value in tensor.flatten().tolist())
    print(f'      {{"{name}", {{{numbers}}}}},')
print("  };\n  return kVectors;\n}\n\n}  // namespace evenshift::test")
