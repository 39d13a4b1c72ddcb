"""The networks: lists of layers that one torch module trains and onnx_file.py writes out node for node."""
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional


@dataclass(frozen=True)
class Layer:
    """One node. `inputs` are names of earlier layers, or "input"."""
    op: str  # conv, batch_norm, relu, relu6, max_pool, concat, add, global_average_pool, flatten, dense
    name: str
    inputs: tuple
    channels: int = 0
    kernel: int = 1
    stride: int = 1
    depthwise: bool = False
    bias: bool = False


class Builder:
    """Appends layers in order and hands back the name of the last one."""

    def __init__(self):
        self.layers = []
        self.last = "input"

    def add(self, op, name, inputs=None, **parameters):
        self.layers.append(Layer(op, name, tuple(inputs or [self.last]), **parameters))
        self.last = name
        return name

    def conv_bn(self, name, relu=True, inputs=None, **parameters):
        """Convolution without bias, batch normalization, and ReLU6 unless it is a linear bottleneck."""
        self.add("conv", f"{name}/conv", inputs, **parameters)
        self.add("batch_norm", f"{name}/bn", channels=parameters["channels"])
        return self.add("relu6", f"{name}/relu6") if relu else self.last

    def conv_relu(self, name, inputs=None, **parameters):
        """Convolution with bias, and ReLU."""
        self.add("conv", f"{name}/conv", inputs, bias=True, **parameters)
        return self.add("relu", f"{name}/relu")

    def classifier(self, classes):
        self.add("global_average_pool", "pool")
        self.add("flatten", "flatten")
        self.add("dense", "logits", channels=classes)
        return self.layers


def mobilenet_v1(classes=10):
    """MobileNetV1's blocks (depthwise 3x3, pointwise 1x1) at 32x32: (channels, stride) per block."""
    net = Builder()
    net.conv_bn("stem", channels=16, kernel=3)
    blocks = [(32, 2), (32, 1), (64, 2), (64, 1), (64, 1), (128, 2), (128, 1)]
    width = 16
    for index, (channels, stride) in enumerate(blocks, start=1):
        net.conv_bn(f"block{index}/depthwise", channels=width, kernel=3, stride=stride, depthwise=True)
        net.conv_bn(f"block{index}/pointwise", channels=channels)
        width = channels
    return net.classifier(classes)


def mobilenet_v2(classes=10):
    """MobileNetV2's inverted residuals with linear bottlenecks at 32x32: (expansion, channels, stride) per block."""
    net = Builder()
    net.conv_bn("stem", channels=16, kernel=3, stride=2)
    blocks = [(2, 16, 1), (4, 24, 2), (4, 24, 1), (4, 24, 1), (4, 32, 2), (4, 32, 1), (4, 32, 1)]
    width = 16
    for index, (expansion, channels, stride) in enumerate(blocks, start=1):
        block, entry = f"block{index}", net.last
        net.conv_bn(f"{block}/expand", channels=expansion * width)
        net.conv_bn(f"{block}/depthwise", channels=expansion * width, kernel=3, stride=stride, depthwise=True)
        net.conv_bn(f"{block}/project", relu=False, channels=channels)
        if stride == 1 and channels == width:
            net.add("add", f"{block}/add", [entry, net.last])
        width = channels
    net.conv_bn("head", channels=96)
    return net.classifier(classes)


def squeezenet(classes=10):
    """SqueezeNet's fire modules at 32x32: (squeeze, expand) channels per module; no batch normalization."""
    net = Builder()
    net.conv_relu("stem", channels=16, kernel=3)
    fires = [(8, 16), (8, 16), (16, 32), (16, 32), (24, 48)]
    for index, (squeeze, expand) in enumerate(fires, start=1):
        if index in (1, 3, 5):
            net.add("max_pool", f"max_pool{index // 2 + 1}", kernel=3, stride=2)
        squeezed = net.conv_relu(f"fire{index}/squeeze", channels=squeeze)
        branches = [net.conv_relu(f"fire{index}/expand{kernel}x{kernel}", [squeezed], channels=expand, kernel=kernel)
                    for kernel in (1, 3)]
        net.add("concat", f"fire{index}/concat", branches)
    net.add("conv", "classifier/conv", channels=classes, bias=True)
    net.add("global_average_pool", "pool")
    net.add("flatten", "logits")
    return net.layers


class Network(nn.Module):
    """Runs a list of layers; parameters are found by layer name."""

    def __init__(self, layers, input_channels, epsilon):
        super().__init__()
        self.layers = layers
        self.parts = nn.ModuleDict()
        width = {"input": input_channels}
        for layer in layers:
            entering = width[layer.inputs[0]]
            joined = sum(width[name] for name in layer.inputs) if layer.op == "concat" else entering
            width[layer.name] = layer.channels or joined
            key = layer.name.replace("/", "_")
            if layer.op == "conv":
                self.parts[key] = nn.Conv2d(entering, layer.channels, layer.kernel, layer.stride, layer.kernel // 2,
                                            groups=entering if layer.depthwise else 1, bias=layer.bias)
            elif layer.op == "batch_norm":
                self.parts[key] = nn.BatchNorm2d(entering, eps=epsilon)
            elif layer.op == "dense":
                self.parts[key] = nn.Linear(entering, layer.channels)

    def part(self, name):
        return self.parts[name.replace("/", "_")]

    def forward(self, image):
        value = {"input": image}
        for layer in self.layers:
            inputs = [value[name] for name in layer.inputs]
            if layer.op in ("conv", "batch_norm", "dense"):
                result = self.part(layer.name)(inputs[0])
            elif layer.op == "relu":
                result = functional.relu(inputs[0])
            elif layer.op == "relu6":
                result = functional.relu6(inputs[0])
            elif layer.op == "max_pool":
                result = functional.max_pool2d(inputs[0], layer.kernel, layer.stride)
            elif layer.op == "concat":
                result = torch.cat(inputs, dim=1)
            elif layer.op == "add":
                result = inputs[0] + inputs[1]
            elif layer.op == "global_average_pool":
                result = inputs[0].mean(dim=(2, 3), keepdim=True)
            elif layer.op == "flatten":
                result = inputs[0].flatten(1)
            value[layer.name] = result
        return result
