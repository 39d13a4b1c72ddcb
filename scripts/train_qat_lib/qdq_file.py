"""Writes a quantized network as ONNX in QDQ form: opset 13, int8, one scale a tensor; weights also one a channel.

Activations pass QuantizeLinear and DequantizeLinear with one scale and one zero point. A weight is an int8 initializer behind a
DequantizeLinear, its scale 2^e of the layer, or along axis 0 S_w * 2^(-k_c). A bias is an int32 initializer behind a
DequantizeLinear with the scale S_x * S_w.
"""
import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from train_models_lib import onnx_file
from train_models_lib.onnx_file import OPSET

PRODUCER = "evenshift scripts/train_qat"


class Graph:
    """Nodes and initializers in the order in which they are added."""

    def __init__(self):
        self.nodes, self.constants = [], {}

    def constant(self, name, value):
        self.constants[name] = np.array(value.detach().numpy() if torch.is_tensor(value) else value, order="C")
        return name

    def node(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def rounded(self, value, name, scale, zero_point, output=None):
        """QuantizeLinear and DequantizeLinear behind `value`."""
        grid = [self.constant(f"{name}/scale", scale), self.constant(f"{name}/zero_point", np.int8(zero_point))]
        codes = self.node("QuantizeLinear", [value, *grid], f"{name}/codes")
        return self.node("DequantizeLinear", [codes, *grid], output or f"{name}/rounded")

    def stored(self, name, codes, scale):
        """A constant behind a DequantizeLinear; a scale of one dimension is along axis 0."""
        inputs = [self.constant(f"{name}/codes", codes), self.constant(f"{name}/scale", scale),
                  self.constant(f"{name}/zero_point", np.zeros(tuple(scale.shape), codes.numpy().dtype))]
        return self.node("DequantizeLinear", inputs, name, **(dict(axis=0) if scale.dim() else {}))


@torch.no_grad()
def bias_codes(network, operation):
    """Whole numbers in units of S_x * S_w, int32."""
    codes = torch.round(network.layer(operation).bias / network.bias_scale(operation))
    largest = float(codes.abs().max())
    if largest >= 2 ** 31:
        raise ValueError(f"{operation.name}: a bias of {largest:.3g} units of S_x * S_w does not fit 32 bits")
    return codes.to(torch.int32)


def write(path, network, input_shape, classes):
    """Writes `network` (in evaluation mode) with input `image`, output `logits` and a symbolic batch dimension N."""
    graph = Graph()
    source = {"image": graph.rounded("image", "image", *network.grid("image"))}
    for operation in network.operations:
        name, inputs = operation.name, [source[item] for item in operation.inputs]
        attributes = operation.attributes
        if operation.op in ("Conv", "Gemm"):
            layer = network.layer(operation)
            inputs += [graph.stored(f"{name}/weight", layer.codes(), layer.step()),
                       graph.stored(f"{name}/bias", bias_codes(network, operation), network.bias_scale(operation))]
        else:
            inputs += [graph.constant(f"{name}/constant{index}", item) for index, item in enumerate(operation.constants)]
        last = operation is network.operations[-1]
        result = graph.node(operation.op, inputs, f"{name}/float" if last else name, **attributes)
        if name not in network.fused:
            result = graph.rounded(result, name, *network.grid(name), output="logits" if last else None)
        source[name] = result

    model = helper.make_model(
        helper.make_graph(
            graph.nodes, path.stem,
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", *input_shape[1:]])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", classes])],
            [numpy_helper.from_array(value, name) for name, value in graph.constants.items()]),
        producer_name=PRODUCER, ir_version=7, opset_imports=[helper.make_opsetid("", OPSET)])
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())


@torch.no_grad()
def equals(path, network, images):
    """Whether the file, read back and evaluated operator by operator, gives the network's logits, bit for bit."""
    return torch.equal(onnx_file.run(onnx_file.read(path), images), network(images))
