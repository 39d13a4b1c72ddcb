#include <fmt/format.h>

#include "arch/isa/disassemble.h"
#include "cli/commands.h"
#include "cli/engines.h"
#include "cli/memory_image.h"
#include "cli/network_io.h"
#include "cli/output.h"
#include "host/npy.h"
#include "sim/verify/accumulator_collector.h"

namespace evenshift::cli {
namespace {

struct ExportFlags {
  std::string network, raw, c_array, c_name = "evenshift_image", readmemh, memory_map, header, golden, input;
  bool quiet = false;
};

std::string file_safe(std::string name) {
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-' && c != '.') c = '_';
  return name;
}

/// DIR/NN_LAYER/{input0.npy, …, accumulator.npy, output.npy}, shaped (height, width, channels), and DIR/index.json.
void export_goldens(const Network& network, const std::vector<sim::TensorCodes>& inputs, const std::string& input,
                    const std::filesystem::path& folder) {
  const image::Image& image = network.image();
  std::vector<sim::TensorCodes> tensors(image.tensors.size());
  const auto input_tensors = image.tensors_with(image::TensorRole::input);
  for (std::size_t i = 0; i < inputs.size(); ++i) tensors[static_cast<std::size_t>(input_tensors[i])] = inputs[i];
  sim::AccumulatorCollector accumulators(image);
  sim::Observer observer;
  const auto completed = sim::layers_completed_by(image);
  observer.layer_done = [&](std::int64_t layer, std::span<const std::uint8_t> dram) {
    for (const std::int64_t complete : completed[static_cast<std::size_t>(layer)])
      for (const std::int64_t tensor : image.layers[static_cast<std::size_t>(complete)].outputs)
        tensors[static_cast<std::size_t>(tensor)] =
            sim::read_tensor(image.tensors[static_cast<std::size_t>(tensor)], dram);
  };
  observer.accumulator = [&](auto... place) { accumulators.add(place...); };
  const auto executor = make_engine("functional");
  executor->load(image);
  executor->run(inputs, observer);

  nlohmann::ordered_json index = {
      {"model", network.model_name()}, {"input", input}, {"layers", nlohmann::ordered_json::array()}};
  const auto write = [&](const std::filesystem::path& file, std::int64_t tensor) {
    const image::Tensor& t = image.tensors[static_cast<std::size_t>(tensor)];
    host::write_npy(file,
                    host::NpyArray::from({t.height, t.width, t.channels},
                                         std::span<const std::int8_t>(tensors[static_cast<std::size_t>(tensor)])));
  };
  for (std::size_t l = 0; l < image.layers.size(); ++l) {
    const image::Layer& layer = image.layers[l];
    const std::string name = fmt::format("{:03}_{}", l, file_safe(layer.name));
    std::filesystem::create_directories(folder / name);
    nlohmann::ordered_json entry = {{"folder", name}, {"name", layer.name}, {"kind", layer.kind}};
    for (std::size_t i = 0; i < layer.inputs.size(); ++i)
      write(folder / name / fmt::format("input{}.npy", i), layer.inputs[i]);
    for (std::size_t i = 0; i < layer.outputs.size(); ++i)
      write(folder / name / (i == 0 ? "output.npy" : fmt::format("output{}.npy", i)), layer.outputs[i]);
    const auto& acc = accumulators.of_layer(static_cast<std::int64_t>(l));
    entry["accumulators"] = !acc.empty();
    if (!acc.empty()) {
      const image::Tensor& t = image.tensors[static_cast<std::size_t>(layer.outputs[0])];
      host::write_npy(folder / name / "accumulator.npy",
                      host::NpyArray::from({t.height, t.width, t.channels}, std::span<const std::int32_t>(acc)));
    }
    index["layers"].push_back(entry);
  }
  write_json(index, (folder / "index.json").string());
}

void prepare_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error || ::access(folder.c_str(), W_OK) != 0)
    fail("cannot write into the folder '{}': {}", folder.string(), error ? error.message() : "it is not writable");
}

void run_export(const ExportFlags& flags) {
  if (flags.raw.empty() && flags.c_array.empty() && flags.readmemh.empty() && flags.memory_map.empty() &&
      flags.header.empty() && flags.golden.empty())
    fail("nothing to export: give --raw, --c-array, --readmemh, --memory-map, --command-header or --golden");
  if (flags.golden.empty() != flags.input.empty()) fail("--golden DIR and --input FILE go together");
  for (const auto* file : {&flags.raw, &flags.c_array, &flags.readmemh, &flags.memory_map, &flags.header})
    check_writable(*file);
  const Network network(flags.network);
  std::vector<sim::TensorCodes> inputs;
  if (!flags.input.empty()) inputs = network.load_inputs(flags.input);
  const MemoryImage memory = memory_image(network.image());
  if (!flags.raw.empty()) write_file_atomically(flags.raw, memory.bytes);
  if (!flags.c_array.empty()) write_file_atomically(flags.c_array, to_c_array(memory, flags.c_name));
  if (!flags.readmemh.empty()) write_file_atomically(flags.readmemh, to_readmemh(memory));
  if (!flags.memory_map.empty()) write_json(memory_map(network.image()), flags.memory_map);
  if (!flags.header.empty()) write_file_atomically(flags.header, isa::command_c_header());
  if (!flags.golden.empty()) {
    prepare_folder(flags.golden);
    export_goldens(network, inputs, flags.input, flags.golden);
  }
  if (flags.quiet) return;
  for (const auto* written :
       {&flags.raw, &flags.c_array, &flags.readmemh, &flags.memory_map, &flags.header, &flags.golden})
    if (!written->empty() && *written != "-") fmt::print("{}\n", *written);
}

}  // namespace

void add_export_command(CLI::App& app) {
  auto flags = std::make_shared<ExportFlags>();
  CLI::App* command = app.add_subcommand("export", "Weight images for firmware, goldens for RTL verification");
  command->footer(
      "Example:\n  evenshift export net.evs --raw net.bin --memory-map net.json --golden goldens/ --input cat.jpg");
  command->add_option("network", flags->network, "The image")->required()->type_name("NET.evs");
  command->add_option("--raw", flags->raw, "Memory image: constants and commands, as the memory map says")
      ->type_name("FILE");
  command->add_option("--c-array", flags->c_array, "Memory image as C99 source")->type_name("FILE");
  command->add_option("--c-name", flags->c_name, "Name of the C array")->capture_default_str();
  command->add_option("--readmemh", flags->readmemh, "Memory image for $readmemh, one byte a line")->type_name("FILE");
  command->add_option("--memory-map", flags->memory_map, "Addresses of everything, as JSON; - is standard output")
      ->type_name("FILE");
  command->add_option("--command-header", flags->header, "C header of the command set")->type_name("FILE");
  command
      ->add_option("--golden", flags->golden,
                   "Folder for goldens: inputs, accumulators and outputs of every layer, NPY")
      ->type_name("DIR");
  command->add_option("--input", flags->input, "The input that goldens are made from")->type_name("FILE");
  command->add_flag("-q,--quiet", flags->quiet, "Print nothing");
  command->callback([flags] { run_export(*flags); });
}

}  // namespace evenshift::cli
