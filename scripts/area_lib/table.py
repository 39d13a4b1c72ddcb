"""docs/area.csv: what is synthesized, and the rows."""
import csv
import dataclasses
import io
from pathlib import Path

from . import synthesis

CSV = Path(__file__).resolve().parent.parent.parent / "docs" / "area.csv"
TOP = "evenshift_conv_core"
LANE = "evenshift_requantizer"
ARRAY = "evenshift_mac_array"
# Parts of a core that are synthesized on their own. What is left of the core are the biases and channel scales with all
# of their registers, from the parameter port to the lanes.
PARTS = (ARRAY, "evenshift_accumulators", LANE, "evenshift_command_port", "evenshift_core_control", "evenshift_loader",
         "evenshift_stream", "evenshift_operand_window", "evenshift_drain")

# In the order of evenshift_pkg.
SCALES = ("layer", "layer_with_channel_shift", "channel_shift_only", "channel_multiplier")
ROUNDINGS = ("half_up", "half_away", "half_even", "truncate", "tflite_double")
SHIFTED = "layer_with_channel_shift"
# Scales with the shift bits that make a difference.
SCALE_POINTS = (("layer", ""), *((SHIFTED, bits) for bits in range(6)), ("channel_shift_only", ""),
                ("channel_multiplier", ""))
MACHINES = ({"MacRows": 8, "MacCols": 8, "RequantLanes": 8, "AccumulatorEntries": 256},
            {"MacRows": 16, "MacCols": 16, "RequantLanes": 16, "AccumulatorEntries": 512},
            {"MacRows": 32, "MacCols": 32, "RequantLanes": 32, "AccumulatorEntries": 512})  # configs/npu_{8x8,16x16,32x32}.yaml

KEYS = {"mac_rows": "MacRows", "mac_cols": "MacCols", "requant_lanes": "RequantLanes",
        "accumulator_bits": "AccumulatorBits", "accumulator_entries": "AccumulatorEntries",
        "multiplier_bits": "MultiplierBits"}
COLUMNS = ["module", "per", *KEYS, "requant_scale", "shift_bits", "rounding", "combinational_ge", "flip_flops",
           "flip_flop_ge", "memory_bits", "rtl"]


def apart_of(module):
    """Parts that are not counted in a row of `module`."""
    return tuple(part for part in PARTS if part != module)


@dataclasses.dataclass(frozen=True)
class Point:
    """What a row is of: a module with RTL parameters, per core, per column of the array or per lane."""
    module: str
    per: str
    parameters: dict
    scale: str = ""
    shift_bits: object = ""
    rounding: str = ""

    @property
    def apart(self):
        return apart_of(self.module)

    def row(self):
        row = {column: str(self.parameters.get(parameter, "")) for column, parameter in KEYS.items()}
        if self.module == ARRAY:
            row |= {"mac_cols": "", "accumulator_bits": str(self.parameters["SumBits"])}
        return row | {"module": self.module, "per": self.per, "requant_scale": self.scale,
                      "shift_bits": str(self.shift_bits), "rounding": self.rounding,
                      "rtl": synthesis.digest(self.module, self.apart)}


def scaled(scale, shift_bits):
    return {"RequantScale": SCALES.index(scale), "ShiftBits": shift_bits or 0}


def lane_points():
    return [Point(LANE, "lane", {"AccumulatorBits": 32, "MultiplierBits": 31, "Rounding": ROUNDINGS.index(rounding),
                                 **scaled(scale, bits)}, scale, bits, rounding)
            for rounding in ROUNDINGS for scale, bits in SCALE_POINTS]


def core_points(machine):
    """The parts of a machine's core, with the parameters that Yosys finds below the core; lanes are left out."""
    points = []
    for module, parameters, number in sorted(synthesis.instances(TOP, machine), key=lambda part: part[0]):
        if module in PARTS and number != (machine["RequantLanes"] if module == LANE else 1):
            raise SystemExit(f"area: {number} instances of {module} in a core are not expected")
        if module == ARRAY:
            points.append(Point(module, "column", parameters | {"MacCols": 1}))
        elif module == TOP:
            points += [Point(module, "core", parameters | scaled(*point), *point) for point in SCALE_POINTS]
        elif module in PARTS and module != LANE:
            points.append(Point(module, "core", parameters))
    return points


def points():
    """All of the table, in its order; parts that machines share come once."""
    every = [*lane_points(), *(point for machine in MACHINES for point in core_points(machine))]
    return list({key(point.row()): point for point in every}.values())


def key(row):
    return tuple(row[column] for column in COLUMNS[:COLUMNS.index("combinational_ge")])


def read():
    if not CSV.exists():
        return []
    with CSV.open(newline="") as file:
        return list(csv.DictReader(file))


def write(rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    new = CSV.with_suffix(".csv.new")
    new.write_text(text.getvalue())
    new.replace(CSV)
