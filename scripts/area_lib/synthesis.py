"""Yosys on a module of rtl/: which parts a conv core has, and the cells that a part is mapped to."""
import hashlib
import json
import re
import subprocess
import tempfile
from pathlib import Path

RTL = Path(__file__).resolve().parent.parent.parent / "rtl"

# Areas of the NanGate 45 nm Open Cell Library, drive strength X1, in square micrometres, and what the cells compute.
NAND2 = 0.798
GATES = {
    "INV": (0.532, "!A"), "NAND2": (NAND2, "!(A*B)"), "NOR2": (0.798, "!(A+B)"), "AND2": (1.064, "A*B"),
    "OR2": (1.064, "A+B"), "AOI21": (1.064, "!((A*B)+C)"), "OAI21": (1.064, "!((A+B)*C)"),
    "XOR2": (1.596, "(A*!B)+(!A*B)"), "XNOR2": (1.596, "(A*B)+(!A*!B)"), "MUX2": (1.862, "(S*B)+(!S*A)"),
}
# Flip-flops that Yosys maps to: DFF_X1, DFF_X1 behind a MUX2_X1 for its enable, DFFR_X1 and DFFS_X1.
FLIP_FLOPS = {"$_DFF_P_": 4.522, "$_DFFE_PP_": 4.522 + 1.862, "$_DFF_PN0_": 5.320, "$_DFF_PN1_": 5.320}

ABC = "strash; balance; rewrite; refactor; balance; rewrite; rewrite -z; balance; amap"
RECIPE = """
synth -run coarse:fine
opt -fast -full
techmap
opt -fast
dfflegalize -cell $_DFF_P_ x -cell $_DFFE_PP_ x -cell $_DFF_PN0_ 0 -cell $_DFF_PN1_ 1
opt_clean
abc -genlib {genlib} -script {abc}
opt_clean
"""


def modules():
    return {file.stem: file for file in sorted(RTL.glob("*.sv"))}


def code_of(module):
    """A module's text without comments; blanks do not count."""
    return " ".join(re.sub(r"//[^\n]*", "", modules()[module].read_text()).split())


def digest(module, apart=()):
    """Of the recipe, and of a module's code with that of everything below it but the modules `apart`."""
    below, waiting = {}, [module]
    while waiting:
        name = waiting.pop()
        if name in modules() and name not in below and (name == module or name not in apart):
            below[name] = code_of(name)
            waiting += re.findall(r"\bevenshift_\w+", below[name])
    text = repr((RECIPE, ABC, GATES, FLIP_FLOPS, sorted(below.items())))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def yosys(folder, script):
    file = folder / "area.ys"
    file.write_text(script)
    run = subprocess.run(["yosys", "-q", "-s", file], cwd=RTL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if run.returncode != 0:
        raise SystemExit(f"area: Yosys failed:\n{run.stdout}")


def elaboration(top, parameters):
    files = sorted(modules().values(), key=lambda file: not file.stem.endswith("_pkg"))
    chosen = " ".join(f"-chparam {name} {value}" for name, value in parameters.items())
    return (f"read_verilog -sv -defer {' '.join(file.name for file in files)}\n"
            f"hierarchy -check -top {top} {chosen}\nproc\n")


def instances(top, parameters):
    """Every module below `top`: a list of (module, parameters, number of instances)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yosys(folder, elaboration(top, parameters) + f"write_json {folder}/core.json\n")
        design = json.loads((folder / "core.json").read_text())["modules"]
    counts = dict.fromkeys(design, 0)

    def count(module):
        counts[module] += 1
        for cell in design[module]["cells"].values():
            if cell["type"] in design:
                count(cell["type"])

    count(top)
    return [(re.search(r"evenshift_\w+", name).group(),
             {key: int(value, 2) for key, value in design[name].get("parameter_default_values", {}).items()}, number)
            for name, number in counts.items()]


def area(module, parameters, apart=()):
    """Gate equivalents, flip-flops and memory bits of a module without its instances of the modules `apart`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "gates.genlib").write_text(
            "GATE ZERO 0 Y=CONST0;\nGATE ONE 0 Y=CONST1;\n" +
            "".join(f"GATE {gate} {size} Y={function}; PIN * UNKNOWN 1 999 1 0 1 0\n"
                    for gate, (size, function) in GATES.items()))
        (folder / "script.abc").write_text(ABC.replace("; ", "\n") + "\n")
        blackboxes = " ".join(f"*{each}*" for each in apart)
        yosys(folder, elaboration(module, parameters) + (f"blackbox {blackboxes}\n" if apart else "") +
              f"flatten\ntee -q -o {folder}/memories stat\n" +
              RECIPE.format(genlib=folder / "gates.genlib", abc=folder / "script.abc") +
              f"tee -q -o {folder}/cells stat\n")
        memory_bits = re.search(r"memory bits: +(\d+)", (folder / "memories").read_text()).group(1)
        cells = re.findall(r"^ +(\S+) +(\d+)$", (folder / "cells").read_text(), re.MULTILINE)
    unknown = [cell for cell, _ in cells if cell not in GATES and cell not in FLIP_FLOPS and cell != "$mem_v2" and
               "evenshift_" not in cell and cell not in ("ZERO", "ONE")]
    if unknown:
        raise SystemExit(f"area: {module} is mapped to {', '.join(unknown)}, which have no area")
    return {
        "combinational_ge": str(round(sum(GATES[cell][0] * int(n) for cell, n in cells if cell in GATES) / NAND2)),
        "flip_flops": str(sum(int(n) for cell, n in cells if cell in FLIP_FLOPS)),
        "flip_flop_ge": str(round(sum(FLIP_FLOPS[cell] * int(n) for cell, n in cells if cell in FLIP_FLOPS) / NAND2)),
        "memory_bits": memory_bits,
    }
