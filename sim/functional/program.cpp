#include "sim/functional/program.h"

#include <string>
#include <type_traits>
#include <unordered_map>

#include "arch/base/check.h"
#include "arch/isa/footprint.h"
#include "arch/isa/weight_layout.h"
#include "sim/executor.h"
#include "sim/functional/shadow_memory.h"

namespace evenshift::sim {
namespace {

/// A conv's store is looked for this many commands behind it.
constexpr std::int64_t kMostCommandsToStore = 64;

const Kernels& kernels_of(InstructionSet set) {
  check(is_supported(set), "an instruction set that this machine does not support");
  switch (set) {
    case InstructionSet::avx2:
      return avx2_kernels();
    case InstructionSet::avx512_vnni:
      return avx512_vnni_kernels();
    case InstructionSet::avx512_amx:
      return avx512_amx_kernels();
    case InstructionSet::generic:
      break;
  }
  return generic_kernels();
}

/// What a conv command reads beside its input: weights, bias, scales, as far as it does.
std::vector<isa::Access> constants_of(const isa::Conv& conv, const NpuConfig& config) {
  std::vector<isa::Access> constants;
  const auto add = [&](std::int64_t address, std::int64_t size) {
    if (size > 0) constants.push_back({isa::Memory::scratchpad, false, address, 1, size, 0});
  };
  add(conv.weight_address, isa::packed_weight_bytes(conv, config.conv_core.mac_cols));
  if (conv.continues == 0) add(conv.bias_address, 4 * conv.output_channels);
  if (conv.finishes != 0) add(conv.scale_address, isa::packed_scale_bytes(config.requantizer, conv.output_channels));
  return constants;
}

TileSize input_size(const isa::Conv& conv) {
  return {conv.input_height, conv.input_width, conv.output_channels / conv.outputs_per_group * conv.inputs_per_group};
}
TileSize output_size(const isa::Conv& conv) { return {conv.output_height, conv.output_width, conv.output_channels}; }

isa::Access rows_of(isa::Memory memory, const Placement& placement, const TileSize& size) {
  return {memory,
          false,
          placement.address,
          size.height,
          (size.width - 1) * placement.pixel_stride + size.channels,
          placement.row_stride};
}

/// Whether two stretches of bytes have one in common.
struct Stretch {
  std::int64_t begin = 0, end = 0;
  [[nodiscard]] bool meets(const Stretch& other) const { return begin < other.end && other.begin < end; }
};
template <typename Transfer>
Stretch dram_of(const Transfer& transfer) {
  return {transfer.dram_address,
          transfer.dram_address + (transfer.rows - 1) * transfer.dram_stride + transfer.row_bytes};
}

class Builder {
 public:
  Builder(const image::Image& image, Program& program) : image_(image), program_(program), memory_(image) {}

  void build() {
    const auto last_stores = last_store_of_layers(image_);
    for (std::size_t i = 0; i < image_.commands.size(); ++i) {
      Program::Step step;
      step.command = static_cast<std::int64_t>(i);
      step.ends_layer = last_stores[static_cast<std::size_t>(image_.commands[i].layer)] == step.command;
      program_.steps.push_back(std::move(step));
      follow(operation(program_.steps.back().command), program_.steps.back());
    }
    for (std::size_t i = 0; i < program_.steps.size(); ++i) write_directly(program_.steps[i]);
    for (Program::Step& step : program_.steps) {
      const auto& readers = memory_.readers_of(step.command);
      if (std::holds_alternative<isa::Load>(operation(step.command)))
        step.executes = readers.compute || readers.stores > 0;
      if (std::holds_alternative<isa::Sync>(operation(step.command))) step.executes = false;
    }
    std::erase_if(program_.steps, [](const Program::Step& step) { return !step.executes && !step.ends_layer; });
    program_.must_restore_dram = memory_.must_restore_dram();
    program_.must_clear_scratchpad = memory_.must_clear_scratchpad();
  }

 private:
  [[nodiscard]] const isa::Operation& operation(std::int64_t command) const {
    return image_.commands[static_cast<std::size_t>(command)].operation;
  }

  void follow(const isa::Operation& operation, Program::Step& step) {
    if (const auto* load = std::get_if<isa::Load>(&operation)) return memory_.load(step.command, *load);
    if (const auto* store = std::get_if<isa::Store>(&operation)) return memory_.store(step.command, *store);
    const auto* conv = std::get_if<isa::Conv>(&operation);
    if (conv != nullptr) follow_conv(*conv, step);
    const auto accesses = isa::footprint(operation, image_.config);
    for (std::size_t i = 0; i < accesses.size(); ++i) {
      // A conv reads its input, then its constants.
      const bool from_elsewhere = conv != nullptr && (i == 0 ? step.input_in_dram.has_value() : step.packed != nullptr);
      if (accesses[i].writes)
        memory_.write(step.command, accesses[i]);
      else if (!from_elsewhere)
        memory_.read(accesses[i]);
    }
  }

  /// Finds out what a run need not read from the scratchpad.
  void follow_conv(const isa::Conv& conv, Program::Step& step) {
    if (conv.continues != 0 && last_conv_ >= 0)
      program_.steps[static_cast<std::size_t>(last_conv_)].keeps_accumulators = true;
    last_conv_ = step.command;
    const auto constants = constants_of(conv, image_.config);
    if (std::ranges::all_of(constants, [&](const auto& access) { return memory_.is_constant(access); }))
      step.packed = packed(conv, constants);
    const Placement input{conv.input_address, conv.input_row_stride, conv.input_pixel_stride};
    const std::int64_t writer = memory_.writer_of(rows_of(isa::Memory::scratchpad, input, input_size(conv)));
    const auto* load = writer < 0 ? nullptr : std::get_if<isa::Load>(&operation(writer));
    if (load == nullptr) return;
    const auto in_dram = placement_in_dram(*load, input, input_size(conv));
    if (in_dram && memory_.unchanged_since(writer, rows_of(isa::Memory::dram, *in_dram, input_size(conv))))
      step.input_in_dram = in_dram;
  }

  /// Where one store, and nothing else, reads all that a conv writes, and nothing between the two meets its bytes of
  /// DRAM, the conv may write them itself.
  void write_directly(Program::Step& step) {
    const auto* conv = std::get_if<isa::Conv>(&operation(step.command));
    if (conv == nullptr || conv->finishes == 0) return;
    const auto& readers = memory_.readers_of(step.command);
    if (readers.compute || readers.stores != 1 || readers.store_reads_others ||
        readers.last_store - step.command > kMostCommandsToStore)
      return;
    const auto& store = std::get<isa::Store>(operation(readers.last_store));
    const TileSize size = output_size(*conv);
    // As many bytes as the conv wrote, within them: the store reads all of them.
    if (store.rows * store.row_bytes != size.height * size.width * size.channels ||
        (store.rows > 1 && store.dram_stride < store.row_bytes))
      return;
    const Placement output{conv->output_address, conv->output_row_stride, conv->output_pixel_stride};
    const auto in_dram = placement_in_dram(store, output, size);
    if (!in_dram) return;
    const Stretch written = dram_of(store);
    for (std::int64_t k = step.command; k < readers.last_store; ++k) {
      const Program::Step& between = program_.steps[static_cast<std::size_t>(k)];
      if (between.ends_layer) return;
      if (const auto* load = std::get_if<isa::Load>(&operation(k)); load && dram_of(*load).meets(written)) return;
      if (const auto* other = std::get_if<isa::Store>(&operation(k)); other && dram_of(*other).meets(written)) return;
      if (k > step.command && between.input_in_dram) {
        const auto& reader = std::get<isa::Conv>(operation(k));
        if (Stretch{between.input_in_dram->address, end_of(*between.input_in_dram, input_size(reader))}.meets(written))
          return;
      }
    }
    step.output_in_dram = in_dram;
    program_.steps[static_cast<std::size_t>(readers.last_store)].executes = false;
  }

  std::shared_ptr<const PackedConv> packed(const isa::Conv& conv, const std::vector<isa::Access>& constants) {
    std::string key;
    isa::for_each_field<isa::Conv>([&, compared = constants_key(conv)](const auto& field) {
      if (std::string_view(field.name).ends_with("address")) return;
      const std::int64_t value = compared.*field.member;
      key.append(reinterpret_cast<const char*>(&value), sizeof value);
    });
    for (const isa::Access& access : constants)
      key.append(reinterpret_cast<const char*>(memory_.scratchpad().data()) + access.address,
                 static_cast<std::size_t>(access.row_bytes));
    auto& entry = packed_[std::move(key)];
    if (!entry)
      entry = std::make_shared<PackedConv>(pack_conv(conv, image_.config, *program_.kernels, memory_.scratchpad()));
    return entry;
  }

  const image::Image& image_;
  Program& program_;
  ShadowMemory memory_;
  std::unordered_map<std::string, std::shared_ptr<const PackedConv>> packed_;
  std::int64_t last_conv_ = -1;
};

}  // namespace

std::shared_ptr<const Program> Program::build(const image::Image& image, InstructionSet set) {
  auto program = std::make_shared<Program>();
  program->image = &image;
  program->instruction_set = set;
  program->kernels = &kernels_of(set);
  Builder(image, *program).build();
  return program;
}

}  // namespace evenshift::sim
