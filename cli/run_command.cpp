#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/engines.h"
#include "cli/network_io.h"
#include "cli/output.h"
#include "host/npy.h"
#include "host/progress.h"
#include "host/topk.h"

namespace evenshift::cli {
namespace {

constexpr std::size_t kShownClasses = 5;

struct RunFlags {
  std::string network, engine = "functional", output;
  std::vector<std::string> files;
  bool quiet = false;
};

void print_classes(const Network& network, const std::string& file, const std::vector<float>& scores) {
  fmt::print("{}\n", file);
  for (const std::int64_t index : host::top_k(std::span<const float>(scores), kShownClasses))
    fmt::print("  {:>5}  {:>10.4f}  {}\n", index, scores[static_cast<std::size_t>(index)],
               network.sidecar().output_name(index));
}

void run_run(const RunFlags& flags) {
  check_writable(flags.output);
  const Network network(flags.network);
  if (!flags.output.empty() && network.output_count() > 1)
    fail("--output: the network has {} outputs; one can be written", network.output_count());
  const auto executor = make_engine(flags.engine);
  executor->load(network.image());
  host::FloatTensor all;
  host::Progress progress("run", static_cast<std::int64_t>(flags.files.size()), flags.quiet);
  for (const std::string& file : flags.files) {
    const auto outputs = executor->run(network.load_inputs(file));
    progress.add();
    for (std::size_t i = 0; i < network.output_count(); ++i) {
      const host::FloatTensor output = network.output(outputs, i);
      if (!flags.quiet) print_classes(network, file, output.values);
      if (flags.output.empty()) continue;
      all.shape = output.shape;
      all.values.insert(all.values.end(), output.values.begin(), output.values.end());
    }
  }
  progress.finish();
  if (flags.output.empty()) return;
  all.shape[0] = static_cast<std::int64_t>(flags.files.size());
  host::write_npy(flags.output, host::NpyArray::from(all.shape, std::span<const float>(all.values)));
}

}  // namespace

void add_run_command(CLI::App& app) {
  auto flags = std::make_shared<RunFlags>();
  CLI::App* command =
      app.add_subcommand("run", "Execute an image on inputs; print the first classes or write the outputs");
  command->footer("Example:\n  evenshift run net.evs cat.jpg --engine systemc --output scores.npy");
  command->add_option("network", flags->network, "The image")->required()->type_name("NET.evs");
  command->add_option("files", flags->files, "Inputs, as the network's sidecar describes them, or .npy")
      ->required()
      ->type_name("FILE");
  command->add_option("--engine", flags->engine, "functional, systemc or rtl")->capture_default_str();
  command->add_option("--output", flags->output, "Write the outputs, one row an input, as float32 NPY")
      ->type_name("OUT.npy");
  command->add_flag("-q,--quiet", flags->quiet, "Print nothing");
  command->callback([flags] { run_run(*flags); });
}

}  // namespace evenshift::cli
