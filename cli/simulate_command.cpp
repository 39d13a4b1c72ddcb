#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/engines.h"
#include "cli/network_io.h"
#include "cli/output.h"
#include "sim/stats/trace.h"

namespace evenshift::cli {
namespace {

struct SimulateFlags {
  std::string network, engine = "systemc", input, json, trace;
  bool quiet = false;
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

void run_simulate(const SimulateFlags& flags) {
  check_writable(flags.json);
  check_writable(flags.trace);
  const Network network(flags.network);
  const auto executor = make_timed_engine(flags.engine);
  executor->load(network.image());
  executor->record_intervals(!flags.trace.empty());
  executor->run(flags.input.empty() ? neutral_inputs(network.image()) : network.load_inputs(flags.input));
  const auto& statistics = executor->statistics();
  if (!flags.json.empty()) write_json(sim::to_json(statistics), flags.json);
  if (!flags.trace.empty())
    write_file_atomically(flags.trace, sim::to_trace(statistics, network.image()).dump() + "\n");
  if (!flags.quiet && flags.json != "-") fmt::print("{}", sim::to_text(statistics));
}

}  // namespace

void add_simulate_command(CLI::App& app) {
  auto flags = std::make_shared<SimulateFlags>();
  CLI::App* command = app.add_subcommand("simulate", "Cycles, utilization and bytes of every layer");
  command->footer("Example:\n  evenshift simulate net.evs --engine rtl --json cycles.json");
  command->add_option("network", flags->network, "The image")->required()->type_name("NET.evs");
  command->add_option("--engine", flags->engine, "systemc or rtl")->capture_default_str();
  command->add_option("--input", flags->input, "An input, for counts that depend on data (default: zero points)")
      ->type_name("FILE");
  command->add_option("--json", flags->json, "Write the counts as JSON; - is standard output")->type_name("FILE");
  command->add_option("--trace", flags->trace, "Write a timeline of the units for Perfetto (Chrome trace JSON)")
      ->type_name("FILE");
  command->add_flag("-q,--quiet", flags->quiet, "No table");
  command->callback([flags] { run_simulate(*flags); });
}

}  // namespace evenshift::cli
