#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "arch/base/digest.h"
#include "arch/isa/disassemble.h"
#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/memory_image.h"
#include "cli/model.h"
#include "cli/output.h"
#include "compiler/import/import.h"

namespace evenshift::cli {
namespace {

struct InspectFlags {
  std::string file, json;
  bool commands = false;
  bool quiet = false;
};

void inspect_image(const InspectFlags& flags) {
  const auto bytes = read_file(flags.file);
  const image::Image image = image::read(bytes, flags.file);
  if (!flags.json.empty()) return write_json(memory_map(image), flags.json);
  if (flags.quiet) return;
  fmt::print("{}: Evenshift image, version {}, {} bytes, machine digest {}\n\n", flags.file, image::kVersion,
             bytes.size(), to_hex(image::config_digest(image.config)));
  fmt::print("{:<10} {:>10} {:>10}  {:>8}  {}\n", "section", "offset", "bytes", "CRC-32", "DRAM address");
  for (const auto& section : image::read_sections(bytes, flags.file))
    fmt::print("{:<10} {:>10} {:>10}  {:08x}  {}\n", section.name, section.offset, section.size, section.checksum,
               section.dram_address < 0 ? "-" : fmt::format("{:#x}", section.dram_address));
  fmt::print("\n{}\n", to_yaml(image.config));
  fmt::print("{:>4}  {:<32} {:<15} {:>12}  {:<18} {:>12} {:>10} {:>5}\n", "", "layer", "kind", "MACs", "output (CxHxW)",
             "DRAM address", "scale", "zero");
  for (std::size_t l = 0; l < image.layers.size(); ++l) {
    const image::Layer& layer = image.layers[l];
    for (const std::int64_t index : layer.outputs) {
      const image::Tensor& tensor = image.tensors[static_cast<std::size_t>(index)];
      fmt::print("{:>4}  {:<32} {:<15} {:>12}  {:<18} {:>#12x} {:>10.4g} {:>5}\n", l, layer.name.substr(0, 32),
                 layer.kind, layer.macs, fmt::format("{}x{}x{}", tensor.channels, tensor.height, tensor.width),
                 tensor.dram_address, tensor.quant.scale, tensor.quant.zero_point);
    }
  }
  fmt::print("\n{} commands, DRAM {} bytes\nhost: {}\n", image.commands.size(), image.dram_bytes, image.host);
  if (!flags.commands) return;
  fmt::print("\n");
  for (std::size_t i = 0; i < image.commands.size(); ++i)
    fmt::print("{:>6}  {}\n", i, isa::disassemble(image.commands[i]));
}

void inspect_model(const InspectFlags& flags) {
  const compiler::Graph graph = compiler::import_network(flags.file);
  std::int64_t macs = 0;
  std::int64_t weights = 0;
  nlohmann::ordered_json nodes = nlohmann::ordered_json::array();
  for (const compiler::Node& node : graph.nodes) {
    const auto* conv = std::get_if<compiler::Conv>(&node.op);
    const std::int64_t node_macs = compiler::macs_of(graph, node);
    macs += node_macs;
    weights += conv != nullptr ? static_cast<std::int64_t>(conv->weights.size()) : 0;
    nodes.push_back({{"name", node.name},
                     {"kind", std::string(compiler::kind_of(node.op))},
                     {"output", compiler::to_string(graph.value(node.output).shape)},
                     {"macs", node_macs}});
  }
  if (!flags.json.empty())
    return write_json({{"model", graph.name}, {"macs", macs}, {"weights", weights}, {"nodes", nodes}}, flags.json);
  if (flags.quiet) return;
  for (const auto id : graph.inputs)
    fmt::print("input   {}  [{}]\n", graph.value(id).name, fmt::join(graph.value(id).dimensions, ", "));
  for (const auto& node : nodes)
    fmt::print("{:<36} {:<16} {:<20} {:>12}\n", node["name"].get<std::string>(), node["kind"].get<std::string>(),
               node["output"].get<std::string>(), node["macs"].get<std::int64_t>());
  for (const auto id : graph.outputs)
    fmt::print("output  {}  [{}]\n", graph.value(id).name, fmt::join(graph.value(id).dimensions, ", "));
  fmt::print("{} nodes, {} MACs, {} weights\n", graph.nodes.size(), macs, weights);
}

void inspect_configuration(const InspectFlags& flags) {
  ConfigurationFlags configuration_flags;
  configuration_flags.files = {flags.file};
  const Configuration configuration = configuration_from(configuration_flags);
  if (flags.quiet) return;
  yaml::Writer machine("npu", true);
  visit_npu_config(configuration.npu, machine);
  yaml::Writer options("compile", true);
  visit_compile_options(configuration.compile, options);
  fmt::print("{}{}", machine.text(), options.text());
}

void run_inspect(const InspectFlags& flags) {
  check_writable(flags.json);
  const std::filesystem::path path(flags.file);
  if (is_image_file(path)) return inspect_image(flags);
  if (path.extension() == ".onnx" || compiler::is_tflite(path)) return inspect_model(flags);
  if (path.extension() == ".yaml" || path.extension() == ".yml") return inspect_configuration(flags);
  fail(
      "'{}' is no file that can be inspected: an image (.evs), a model (.onnx, .tflite) or a configuration (.yaml) is "
      "expected",
      flags.file);
}

}  // namespace

void add_inspect_command(CLI::App& app) {
  auto flags = std::make_shared<InspectFlags>();
  CLI::App* command = app.add_subcommand("inspect", "Show what is in an image, a model or a configuration");
  command->footer("Example:\n  evenshift inspect net.evs --commands");
  command->add_option("file", flags->file, "NET.evs, MODEL.onnx, MODEL.tflite or CONFIG.yaml")
      ->required()
      ->type_name("FILE");
  command->add_flag("--commands", flags->commands, "Disassemble the command stream of an image");
  command->add_option("--json", flags->json, "Write it as JSON; - is standard output")->type_name("FILE");
  command->add_flag("-q,--quiet", flags->quiet, "Only check the file");
  command->callback([flags] { run_inspect(*flags); });
}

}  // namespace evenshift::cli
