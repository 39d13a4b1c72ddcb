#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arch/base/error.h"
#include "cli/commands.h"
#include "cli/engines.h"
#include "cli/network_io.h"
#include "host/progress.h"
#include "sim/verify/verify.h"

namespace evenshift::cli {
namespace {

struct VerifyFlags {
  std::string network, engines = "functional,systemc,rtl";
  std::vector<std::string> files;
  bool quiet = false;
};

void run_verify(const VerifyFlags& flags) {
  const std::vector<std::string> names = parse_engine_list(flags.engines);
  if (names.size() < 2) fail("--engines {}: at least two engines are needed to compare", flags.engines);
  const Network network(flags.network);
  std::vector<std::unique_ptr<sim::Executor>> executors;
  for (const std::string& name : names) executors.push_back(make_engine(name));
  for (const auto& executor : executors) executor->load(network.image());
  host::Progress progress("verify", static_cast<std::int64_t>(flags.files.size()), flags.quiet);
  sim::Verification total;
  for (const std::string& file : flags.files) {
    const auto result = sim::verify(network.image(), executors, network.load_inputs(file));
    if (result.divergence) fail("{}: the engines differ: {}", file, result.divergence->sentence(network.image()));
    total.tensors += result.tensors;
    total.bytes += result.bytes;
    progress.add();
  }
  progress.finish();
  if (!flags.quiet)
    fmt::print("equal: {} on {} inputs, {} layers, {} tensors, {} bytes\n", fmt::join(names, " = "), flags.files.size(),
               network.image().layers.size(), total.tensors, total.bytes);
}

}  // namespace

void add_verify_command(CLI::App& app) {
  auto flags = std::make_shared<VerifyFlags>();
  CLI::App* command =
      app.add_subcommand("verify", "Run an image on several engines and compare every tensor of every layer");
  command->footer(
      "Example:\n  evenshift verify net.evs cat.jpg dog.jpg --engines functional,rtl\n"
      "Exit status 0 only if all bytes are equal; otherwise the first divergence is named.");
  command->add_option("network", flags->network, "The image")->required()->type_name("NET.evs");
  command->add_option("files", flags->files, "Inputs, as the network's sidecar describes them, or .npy")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--engines", flags->engines,
                   "Engines to compare, the first is the reference: functional, systemc, rtl")
      ->type_name("NAME[,NAME...]")
      ->capture_default_str();
  command->add_flag("-q,--quiet", flags->quiet, "Print nothing but a divergence");
  command->callback([flags] { run_verify(*flags); });
}

}  // namespace evenshift::cli
