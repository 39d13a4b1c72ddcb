#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>
#include <variant>

#include "cli/commands.h"
#include "cli/engines.h"
#include "cli/network_io.h"
#include "cli/output.h"
#include "sim/stats/report.h"
#include "sim/stats/trace.h"

namespace evenshift::cli {
namespace {

struct SimulateFlags {
  std::string network, engine = "systemc", input, json, trace, vcd, vcd_layer;
  bool counters = false, quiet = false;
};

/// Cycles do not depend on data: without an input, one of zero points will do.
std::vector<sim::TensorCodes> neutral_inputs(const image::Image& image) {
  std::vector<sim::TensorCodes> inputs;
  for (const std::int64_t index : image.tensors_with(image::TensorRole::input)) {
    const image::Tensor& tensor = image.tensors[static_cast<std::size_t>(index)];
    inputs.emplace_back(static_cast<std::size_t>(tensor.elements()), static_cast<std::int8_t>(tensor.quant.zero_point));
  }
  return inputs;
}

/// First and last of the conv commands, counted over the stream, of `layer`; of the whole network where it is empty.
std::pair<std::int64_t, std::int64_t> conv_commands_of(const image::Image& image, const std::string& layer) {
  std::int64_t first = -1;
  std::int64_t last = -1;
  std::int64_t conv = 0;
  std::vector<std::string> candidates;
  for (const isa::Command& command : image.commands) {
    if (!std::holds_alternative<isa::Conv>(command.operation)) continue;
    const std::string& name = image.layers[static_cast<std::size_t>(command.layer)].name;
    if (candidates.empty() || candidates.back() != name) candidates.push_back(name);
    if (layer.empty() || name == layer) {
      if (first < 0) first = conv;
      last = conv;
    }
    ++conv;
  }
  if (candidates.empty()) fail("--vcd: the network has no command for the conv core");
  if (first < 0)
    fail("--vcd-layer: the conv core executes no layer '{}'; it executes {}", layer, fmt::join(candidates, ", "));
  return {first, last};
}

std::shared_ptr<rtl::VcdRecording> make_recording(const SimulateFlags& flags, const image::Image& image) {
  if (flags.vcd.empty()) {
    if (!flags.vcd_layer.empty()) fail("--vcd-layer says what --vcd FILE records; name that file as well");
    return nullptr;
  }
  const auto [first, last] = conv_commands_of(image, flags.vcd_layer);
  return std::make_shared<rtl::VcdRecording>(flags.vcd, first, last, image.config.clock_mhz);
}

void run_simulate(const SimulateFlags& flags) {
  check_writable(flags.json);
  check_writable(flags.trace);
  check_writable(flags.vcd);
  const Network network(flags.network);
  const auto recording = make_recording(flags, network.image());
  const auto executor = make_timed_engine(flags.engine, recording);
  executor->load(network.image());
  executor->record_intervals(!flags.trace.empty());
  executor->run(flags.input.empty() ? neutral_inputs(network.image()) : network.load_inputs(flags.input));
  if (recording) {
    const std::int64_t bytes = recording->finish();
    if (!flags.quiet) fmt::print(stderr, "{}: {:.1f} MB\n", flags.vcd, static_cast<double>(bytes) * 1e-6);
  }
  const auto& statistics = executor->statistics();
  if (!flags.json.empty()) write_json(sim::to_json(statistics), flags.json);
  if (!flags.trace.empty())
    write_file_atomically(flags.trace, sim::to_trace(statistics, network.image()).dump() + "\n");
  if (flags.quiet || flags.json == "-") return;
  fmt::print("{}", sim::to_text(statistics));
  if (flags.counters) fmt::print("{}", sim::counters_text(statistics));
}

}  // namespace

void add_simulate_command(CLI::App& app) {
  auto flags = std::make_shared<SimulateFlags>();
  CLI::App* command = app.add_subcommand("simulate", "Cycles, utilization, bytes and energy of every layer");
  command->footer("Example:\n  evenshift simulate net.evs --engine rtl --json cycles.json");
  command->add_option("network", flags->network, "The image")->required()->type_name("NET.evs");
  command->add_option("--engine", flags->engine, "systemc or rtl")->capture_default_str();
  command->add_option("--input", flags->input, "An input, for counts that depend on data (default: zero points)")
      ->type_name("FILE");
  command->add_option("--json", flags->json, "Write the counts as JSON; - is standard output")->type_name("FILE");
  command->add_option("--trace", flags->trace, "Write a timeline of the units for Perfetto (Chrome trace JSON)")
      ->type_name("FILE");
  command->add_option("--vcd", flags->vcd, "Write the signals of the RTL conv core (with --engine rtl)")
      ->type_name("FILE");
  command->add_option("--vcd-layer", flags->vcd_layer, "Only while it executes this layer (default: all; gigabytes)")
      ->type_name("LAYER");
  command->add_flag("--counters", flags->counters, "Print every counter of every unit as well");
  command->add_flag("-q,--quiet", flags->quiet, "No table");
  command->callback([flags] { run_simulate(*flags); });
}

}  // namespace evenshift::cli
