"""The figures of models/README.md: size, channel ranges, and top-1 accuracy per shifter width, as Markdown."""
import torch

from . import onnx_file, quantization
from .quantization import CHANNEL
from .training import to_tensor

PRUNED = 1e-4  # a channel whose R_c is below this part of L counts as pruned
WIDTHS = [0, 1, 2, 3, 4, 5, CHANNEL]


def size(operations, image):
    """Parameters of the file (batch normalization included) and multiply-accumulates per image."""
    parameters = sum(item.numel() for operation in operations if operation.op != "Clip" for item in operation.constants)
    macs = 0

    def count(operation, value):
        nonlocal macs
        if operation.op in ("Conv", "Gemm"):
            macs += value[0].numel() * operation.constants[0][0].numel()
        return value

    onnx_file.run(operations, image[:1], count)
    return parameters, macs


def top1(logits, labels):
    return f"{100 * (logits.argmax(dim=1) == labels).double().mean():.1f}"


def in_parts(function, images):
    return torch.cat([function(part) for part in images.split(250)])


def range_table(folded, silent):
    """Per layer after folding: how far apart the channel ranges R_c are, and whether silent inputs set the largest, L."""
    lines = ["| layer | channels | of these pruned | with a silent input | L | L without those | median R_c | L / median |",
             "|---|---|---|---|---|---|---|---|"]
    for operation in folded:
        if operation.op not in ("Conv", "Gemm"):
            continue
        ranges = quantization.channel_ranges(operation)
        largest = ranges.max()
        kept = ranges >= largest * PRUNED
        median = ranges[kept].median()
        fed = silent.get(operation.name)
        cells = ["–", "–"] if fed is None else [str(int(fed.sum())), f"{float(ranges[~fed].max()):.3g}"]
        lines.append(f"| `{operation.name}` | {len(ranges)} | {int((~kept).sum())} | {cells[0]} | {float(largest):.3g} | "
                     f"{cells[1]} | {float(median):.3g} | {float(largest / median):.1f} |")
    return lines


def accuracy_row(title, folded, images, labels, ranges=None, weight_bits=8):
    cells = [top1(in_parts(lambda part: quantization.run(folded, part, ranges), images), labels)]
    for width in WIDTHS:
        rounded = quantization.quantize_weights(folded, width, weight_bits)
        cells.append(top1(in_parts(lambda part: quantization.run(rounded, part, ranges), images), labels))
    return f"| {title} | " + " | ".join(cells) + " |"


def report(operations, calibration, parts):
    """Markdown for one network; `parts` are (title, images, labels)."""
    images = to_tensor(calibration[0])
    parameters, macs = size(operations, images)
    folded = quantization.fold(operations)
    ranges = quantization.activation_ranges(folded, images)
    silent = quantization.silent_inputs(folded, images)
    audible = quantization.without(folded, silent)
    lines = [f"{parameters:,} parameters, {macs / 1e6:.2f} M multiply-accumulates per image. Top-1 in percent:", "",
             "| images, precision | not rounded | layer-wise | 1 bit | 2 bits | 3 bits | 4 bits | 5 bits | per-channel |",
             "|---|---|---|---|---|---|---|---|---|"]
    for title, pixels, labels in parts:
        data = to_tensor(pixels), torch.as_tensor(labels)
        lines.append(accuracy_row(f"{title}, 8-bit weights, float activations", folded, *data))
        lines.append(accuracy_row(f"{title}, 8-bit weights, 8-bit activations", folded, *data, ranges))
        lines.append(accuracy_row(f"{title}, 6-bit weights, float activations", folded, *data, weight_bits=6))
        if silent:
            for bits in (8, 6):
                lines.append(accuracy_row(f"{title}, {bits}-bit weights, silent filters removed", audible, *data,
                                          weight_bits=bits))
    return "\n".join(lines + [""] + range_table(folded, silent)) + "\n"
