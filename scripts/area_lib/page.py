"""The tables of docs/area.md, from the rows of docs/area.csv."""
import re
from pathlib import Path

from . import synthesis, table

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "area.md"
DEFAULT = table.MACHINES[1]
# Bits that a channel's scale has in the image, and where it is held in registers.
SCALE_BITS = {"layer": 0, "channel_shift_only": 5, "channel_multiplier": 31 + 6}


def name_of(scale, bits):
    return f"`{scale}`, {bits} bits" if scale == table.SHIFTED else f"`{scale}`"


def gates(row):
    return int(row["combinational_ge"]) + int(row["flip_flop_ge"])


def thousands(number):
    return f"{number:,}"


def signed(number):
    return f"{number:+,}" if number else "0"


def grid(head, lines):
    return "\n".join(["| " + " | ".join(head) + " |", "|---" * len(head) + "|",
                      *("| " + " | ".join(line) + " |" for line in lines)]) + "\n"


class Rows:
    """The rows, and what a machine is made of."""

    def __init__(self, rows):
        self.rows = rows

    def lane(self, scale, bits, rounding="half_up"):
        return next(row for row in self.rows if row["module"] == table.LANE and
                    (row["requant_scale"], row["shift_bits"], row["rounding"]) == (scale, str(bits), rounding))

    def parts(self, machine, scale, bits):
        """(row, how often) of each part but the lanes."""
        wanted = {column: str(machine[parameter]) for column, parameter in table.KEYS.items() if parameter in machine}
        wanted |= {"requant_scale": scale, "shift_bits": str(bits)}
        return [(row, machine["MacCols"] if row["per"] == "column" else 1) for row in self.rows
                if row["per"] != "lane" and all(row[column] in ("", value) for column, value in wanted.items())]

    def rest(self, machine, scale, bits):
        """The row of biases and scales: what is left of the core without its parts."""
        return next(row for row, _ in self.parts(machine, scale, bits) if row["module"] == table.TOP)

    def lanes(self, machine, scale, bits):
        return machine["RequantLanes"] * gates(self.lane(scale, bits))

    def core(self, machine, scale, bits):
        return self.lanes(machine, scale, bits) + sum(n * gates(row) for row, n in self.parts(machine, scale, bits))


def cells(_):
    names = {"$_DFF_P_": "DFF", "$_DFFE_PP_": "DFF with enable (DFF + MUX2)", "$_DFF_PN0_": "DFFR", "$_DFF_PN1_": "DFFS"}
    sizes = {gate: size for gate, (size, _) in synthesis.GATES.items()}
    sizes |= {names[cell]: size for cell, size in synthesis.FLIP_FLOPS.items()}
    return grid(["cell", "µm²", "gate equivalents"],
                [[cell, f"{size:.3f}", f"{size / synthesis.NAND2:.2f}"] for cell, size in sizes.items()])


def lanes(rows):
    base = gates(rows.lane("layer", ""))
    lines = []
    for point in table.SCALE_POINTS:
        row = rows.lane(*point)
        lines.append([name_of(*point), thousands(int(row["combinational_ge"])),
                      f"{row['flip_flops']} ({thousands(int(row['flip_flop_ge']))})", thousands(gates(row)),
                      signed(gates(row) - base)])
    return grid(["a lane", "combinational", "flip-flops", "gates", "against `layer`"], lines)


def roundings(rows):
    points = (("layer", ""), (table.SHIFTED, 4), ("channel_shift_only", ""), ("channel_multiplier", ""))
    return grid(["gates of a lane", *(f"`{rounding}`" for rounding in table.ROUNDINGS)],
                [[name_of(*point), *(thousands(gates(rows.lane(*point, rounding))) for rounding in table.ROUNDINGS)]
                 for point in points])


def storage(rows):
    base = rows.rest(DEFAULT, "layer", "")
    columns = DEFAULT["MacCols"]
    lines = []
    for scale, bits in table.SCALE_POINTS:
        own = SCALE_BITS.get(scale, bits)
        row = rows.rest(DEFAULT, scale, bits)
        flip_flops = int(row["flip_flops"]) - int(base["flip_flops"])
        lines.append([name_of(scale, bits), str(own), thousands(-(-1000 * own // 8)), f"{flip_flops / columns:.0f}",
                      f"{(gates(row) - gates(base)) / columns:,.0f}"])
    return grid(["scale of an output channel", "bits", "bytes per 1,000 channels", "flip-flops a column", "gates a column"],
                lines)


def machines(rows):
    head = ["conv core"]
    for machine in table.MACHINES:
        head += [f"{machine['MacRows']} × {machine['MacCols']}", "lanes", "against `layer`"]
    lines = []
    for point in table.SCALE_POINTS:
        line = [name_of(*point)]
        for machine in table.MACHINES:
            core, base = rows.core(machine, *point), rows.core(machine, "layer", "")
            line += [thousands(core), thousands(rows.lanes(machine, *point)),
                     f"{signed(core - base)} ({100 * (core - base) / base:+.2f} %)" if core != base else "0"]
        lines.append(line)
    return grid(head, lines)


PARTS = {
    table.ARRAY: "MAC array: multipliers, adders, two sets of weights, sums",
    table.LANE: "requantizer lanes",
    "evenshift_operand_window": "operand registers and window",
    "evenshift_stream": "operand addresses, tap table",
    "evenshift_loader": "weight loading and its addresses",
    "evenshift_accumulators": "accumulator adders; the memories are bits",
    table.TOP: "biases and channel scales, registers between the parts",
    "evenshift_drain": "drain and output addresses",
    "evenshift_command_port": "registers of the command, its products",
    "evenshift_core_control": "begin, end, counters",
}


def parts(rows):
    point = (table.SHIFTED, 4)
    total = rows.core(DEFAULT, *point)
    lane = rows.lane(*point)
    numbers = {table.LANE: (DEFAULT["RequantLanes"], lane)}
    numbers |= {row["module"]: (n, row) for row, n in rows.parts(DEFAULT, *point)}
    lines = []
    for module, (n, row) in sorted(numbers.items(), key=lambda part: -part[1][0] * gates(part[1][1])):
        lines.append([PARTS[module], f"`{module}`", str(n), thousands(n * int(row["flip_flops"])),
                      thousands(n * gates(row)), f"{100 * n * gates(row) / total:.1f} %", thousands(n * int(row["memory_bits"]))])
    lines.append(["all", "", "", thousands(sum(n * int(row["flip_flops"]) for n, row in numbers.values())),
                  thousands(total), "100 %", thousands(sum(n * int(row["memory_bits"]) for n, row in numbers.values()))])
    return grid(["part", "module", "times", "flip-flops", "gates", "share", "memory bits"], lines)


TABLES = {"cells": cells, "lanes": lanes, "roundings": roundings, "storage": storage, "machines": machines, "parts": parts}


def filled(rows):
    text = PAGE.read_text()
    for name, make in TABLES.items():
        marked = re.compile(rf"(<!-- table: {name} -->\n).*?(<!-- end -->)", re.S)
        if not marked.search(text):
            raise SystemExit(f"area: docs/area.md has no place for the table '{name}'")
        text = marked.sub(lambda found, made=make(Rows(rows)): found.group(1) + made + found.group(2), text)
    return text


def write(rows):
    PAGE.write_text(filled(rows))


def is_fresh(rows):
    return PAGE.read_text() == filled(rows)
