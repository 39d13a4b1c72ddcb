"""Writes a trained network as ONNX, node for node and unfolded, and reads such a file back as a list of operations."""
from dataclasses import dataclass, replace

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch.nn import functional

OPSET = 13
OPERATORS = {"conv": "Conv", "batch_norm": "BatchNormalization", "relu": "Relu", "relu6": "Clip", "max_pool": "MaxPool",
             "concat": "Concat", "add": "Add", "global_average_pool": "GlobalAveragePool", "flatten": "Flatten",
             "dense": "Gemm"}
PRODUCER = "evenshift scripts/train_models"


def write(path, network, input_shape, classes):
    """Writes `network` (in evaluation mode) with input `image`, output `logits` and a symbolic batch dimension N."""
    nodes, constants = [], {}

    def constant(name, tensor):
        constants[name] = np.ascontiguousarray(tensor.detach().numpy() if torch.is_tensor(tensor) else tensor)
        return name

    for layer in network.layers:
        inputs = ["image" if name == "input" else name for name in layer.inputs]
        attributes = {}
        if layer.op == "conv":
            part = network.part(layer.name)
            inputs.append(constant(f"{layer.name}/weight", part.weight))
            if layer.bias:
                inputs.append(constant(f"{layer.name}/bias", part.bias))
            pad = layer.kernel // 2
            attributes = dict(kernel_shape=[layer.kernel] * 2, strides=[layer.stride] * 2, pads=[pad] * 4,
                              group=part.groups, dilations=[1, 1])
        elif layer.op == "batch_norm":
            part = network.part(layer.name)
            for field, tensor in (("scale", part.weight), ("bias", part.bias), ("mean", part.running_mean),
                                  ("variance", part.running_var)):
                inputs.append(constant(f"{layer.name}/{field}", tensor))
            attributes = dict(epsilon=part.eps)
        elif layer.op == "relu6":
            inputs += [constant("relu6/min", np.float32(0)), constant("relu6/max", np.float32(6))]
        elif layer.op == "max_pool":
            attributes = dict(kernel_shape=[layer.kernel] * 2, strides=[layer.stride] * 2)
        elif layer.op in ("concat", "flatten"):
            attributes = dict(axis=1)
        elif layer.op == "dense":
            part = network.part(layer.name)
            inputs += [constant(f"{layer.name}/weight", part.weight), constant(f"{layer.name}/bias", part.bias)]
            attributes = dict(transB=1)
        nodes.append(helper.make_node(OPERATORS[layer.op], inputs, [layer.name], name=layer.name, **attributes))

    graph = helper.make_graph(
        nodes, path.stem,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", *input_shape[1:]])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", classes])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()])
    model = helper.make_model(graph, producer_name=PRODUCER, ir_version=7,
                              opset_imports=[helper.make_opsetid("", OPSET)])
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())


@dataclass
class Operation:
    """One node of a file: `inputs` are tensors that other nodes make, `constants` the initializers after them."""
    op: str
    name: str
    inputs: list
    constants: list
    attributes: dict


def read(path):
    """The operations of a file in topological order; what depends on initializers alone is evaluated here."""
    graph = onnx.load(str(path)).graph
    constants = {item.name: torch.from_numpy(numpy_helper.to_array(item).copy()) for item in graph.initializer}
    operations = []
    for node in graph.node:
        operation = Operation(node.op_type, node.name,
                              [name for name in node.input if name not in constants],
                              [constants[name] for name in node.input if name in constants],
                              {item.name: helper.get_attribute_value(item) for item in node.attribute})
        if operation.inputs:
            operations.append(operation)
        else:
            constants[node.output[0]] = evaluate(replace(operation, constants=operation.constants[1:]),
                                                 operation.constants[:1])
    return operations


def evaluate(operation, inputs):
    """One ONNX operator, as its specification defines it."""
    op, constants, attributes = operation.op, operation.constants, operation.attributes
    if op == "Conv":
        weight, bias = (constants + [None])[:2]
        pads = attributes["pads"]
        padded = functional.pad(inputs[0], (pads[1], pads[3], pads[0], pads[2])) if any(pads) else inputs[0]
        return functional.conv2d(padded, weight, bias, tuple(attributes["strides"]), groups=attributes["group"])
    if op == "BatchNormalization":
        scale, bias, mean, variance = (item.reshape(1, -1, 1, 1) for item in constants)
        return (inputs[0] - mean) / torch.sqrt(variance + attributes["epsilon"]) * scale + bias
    if op == "Clip":
        return torch.clamp(inputs[0], float(constants[0]), float(constants[1]))
    if op == "Relu":
        return torch.relu(inputs[0])
    if op == "MaxPool":
        return functional.max_pool2d(inputs[0], attributes["kernel_shape"], attributes["strides"])
    if op == "Concat":
        return torch.cat(inputs, dim=attributes["axis"])
    if op == "Add":
        return inputs[0] + inputs[1]
    if op == "GlobalAveragePool":
        return inputs[0].mean(dim=(2, 3), keepdim=True)
    if op == "Flatten":
        return inputs[0].flatten(attributes["axis"])
    if op == "Gemm":
        return inputs[0] @ constants[0].T + constants[1]
    if op == "QuantizeLinear":
        scale, zero_point = constants
        limits = torch.iinfo(zero_point.dtype)
        return torch.clamp(torch.round(inputs[0] / scale) + zero_point, limits.min, limits.max).to(zero_point.dtype)
    if op == "DequantizeLinear":
        scale, zero_point = (item.reshape(-1, *[1] * (inputs[0].dim() - 1)) if item.dim() else item for item in constants)
        return (inputs[0].float() - zero_point) * scale
    raise ValueError(f"node {operation.name}: operator {op} is none that this script writes")


def run(operations, image, after=lambda operation, value: value):
    """The last operation's output; `after` sees, and may replace, what each operation makes."""
    value = {"image": image}
    for operation in operations:
        result = after(operation, evaluate(operation, [value[name] for name in operation.inputs]))
        value[operation.name] = result
    return result
