"""The comparison of docs/qat.md: every method, bit width and seed, kept in a file so that a stopped run goes on."""
import dataclasses
import json
import time

from train_models_lib import onnx_file

from . import methods, subjects
from .methods import BY_NAME, METHODS, Tuning
from .tuning import fine_tune

BITS = [4, 3, 2]
ROUNDED = dataclasses.replace(Tuning(), steps=0)
CORRECTED = dataclasses.replace(ROUNDED, correct_biases=True)
BASELINES = ["msqe", "msqe, stabilized", "msqe, 4-bit shift"]
KEPT = ["msqe", "msqe, stabilized", "gradient, ceil", "gradient, stabilized", "msqe, stabilized, 4-bit shift"]
KEPT_BITS = 4
ABLATED_BITS = 3


@dataclasses.dataclass(frozen=True)
class Run:
    """One cell's worth of work."""
    network: str
    method: str
    bits: int
    tuning: Tuning
    seed: int
    keep_silent: bool = False

    def key(self):
        return json.dumps(dataclasses.asdict(self), sort_keys=True)


class Results:
    """Lines of JSON, one a run."""

    def __init__(self, path):
        self.path, self.found = path, {}
        if path.exists():
            for line in path.read_text().splitlines():
                entry = json.loads(line)
                self.found[entry["run"]] = entry

    def get(self, run):
        return self.found.get(run.key())

    def add(self, run, **figures):
        entry = dict(run=run.key(), **figures)
        self.found[run.key()] = entry
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "a") as stream:
            stream.write(json.dumps(entry) + "\n")


def compared(seed):
    """The runs of the main tables."""
    return [run for bits in BITS for run in
            [Run(name, method, bits, tuning, seed) for name in subjects.NAMES for tuning in (ROUNDED, CORRECTED)
             for method in BASELINES]
            + [Run(name, method.name, bits, Tuning(), seed) for method in METHODS for name in subjects.NAMES]]


def dissected(seed):
    """The runs with one stabilizer at a time, and with the filters that hear nothing left as they are."""
    return ([Run(name, method, KEPT_BITS, Tuning(), seed, keep_silent=True) for method in KEPT for name in subjects.NAMES]
            + [Run(name, method.name, ABLATED_BITS, Tuning(), seed) for method in methods.ABLATION for name in subjects.NAMES])


def plan(seeds):
    """All runs, of one seed after the other, so that an early stop leaves whole columns."""
    return [run for seed in seeds for run in compared(seed) + dissected(seed)]


def execute(models, run, results, log):
    subject = subjects.load(models, run.network)
    network = subject.quantized(BY_NAME[run.method], run.bits, run.tuning, run.keep_silent)
    start = time.process_time()
    fine_tune(network, *subjects.training_images(subject.data), subject.data.turns, run.seed)
    if run.tuning.correct_biases:
        network.correct_biases(subject.calibration)
    seconds = time.process_time() - start
    accuracy = subjects.top1(network, *subject.evaluation)
    changes = sum(layer.changes for layer in network.layers.values()) / len(network.layers)
    results.add(run, top1=accuracy, changes=changes, seconds=seconds, steps=run.tuning.steps)
    log(f"{run.network}, {run.method}, {run.bits} bits, {run.tuning.steps} steps, seed {run.seed}"
        f"{', silent kept' if run.keep_silent else ''}: {accuracy:.1f} %, {changes:.1f} changes a layer, {seconds:.0f} s")


def cell(entries, field="top1", digits=1):
    """Mean and, of several seeds, half the distance between the lowest and the highest."""
    values = [entry[field] for entry in entries if entry]
    if not values:
        return "–"
    mean = f"{sum(values) / len(values):.{digits}f}"
    return mean if len(values) == 1 else f"{mean} ± {(max(values) - min(values)) / 2:.{digits}f}"


def table(header, rows):
    """Lines of a Markdown table."""
    return ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)] + ["| " + " | ".join(row) + " |" for row in rows]


def network_report(subject, results, seeds):
    """The tables of one network."""

    def entries(method, bits, tuning=Tuning(), **more):
        return [results.get(Run(subject.name, method, bits, tuning, seed, **more)) for seed in seeds]

    def accuracies(method, tuning):
        return [cell(entries(method, bits, tuning)) for bits in BITS]

    with_float = subjects.top1(lambda part: onnx_file.run(subject.operations, part), *subject.evaluation)
    rows = [[f"{title}: {method}", *accuracies(method, tuning), "–"]
            for title, tuning in (("rounded", ROUNDED), ("rounded, biases corrected", CORRECTED)) for method in BASELINES]
    for method in METHODS:
        changes = [cell(entries(method.name, bits), "changes") for bits in BITS]
        rows.append([f"**trained: {method.name}**", *accuracies(method.name, Tuning()), ", ".join(changes)])
    lines = [f"### {subject.name}", "",
             f"Top-1 in percent on {len(subject.evaluation[1]):,} images; float {with_float:.1f}. Silent filters are set to zero. "
             "The last column counts, for each bit width, how often an exponent changed while training.", ""]
    lines += table(["weights", *(f"{bits} bits" for bits in BITS), "changes"], rows)
    lines += ["", f"One stabilizer at a time, {ABLATED_BITS} bits:", ""]
    lines += table(["weights", "top-1", "changes"],
                   [[method.name, cell(entries(method.name, ABLATED_BITS)), cell(entries(method.name, ABLATED_BITS), "changes")]
                    for method in methods.ABLATION])
    lines += ["", f"Silent filters left as they are, {KEPT_BITS} bits:", ""]
    lines += table(["weights", "left", "set to zero"],
                   [[method, cell(entries(method, KEPT_BITS, keep_silent=True)), cell(entries(method, KEPT_BITS))]
                    for method in KEPT])
    return lines + [""]


def report(models, results, seeds):
    """The Markdown between the markers of docs/qat.md."""
    lines = [line for name in subjects.NAMES for line in network_report(subjects.load(models, name), results, seeds)]
    trained = [entry for entry in map(results.get, plan(seeds)) if entry and entry["steps"]]
    seconds = sum(entry["seconds"] for entry in trained) / len(trained)
    return "\n".join(lines + [f"{len(trained)} fine-tunings, {seconds:.0f} s of one core each."]) + "\n"
