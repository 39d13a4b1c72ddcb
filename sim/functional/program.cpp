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

const Kernels& kernels_of(InstructionSet set) {
  check(is_supported(set), "an instruction set that this machine does not support");
  switch (set) {
    case InstructionSet::avx2:
      return avx2_kernels();
    case InstructionSet::avx512_vnni:
      return avx512_vnni_kernels();
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

class Builder {
 public:
  Builder(const image::Image& image, Program& program) : image_(image), program_(program), memory_(image) {}

  void build() {
    const auto last_stores = last_store_of_layers(image_);
    for (std::size_t i = 0; i < image_.commands.size(); ++i) {
      Program::Step step;
      step.command = static_cast<std::int64_t>(i);
      step.ends_layer = last_stores[static_cast<std::size_t>(image_.commands[i].layer)] == step.command;
      follow(image_.commands[i].operation, step);
      program_.steps.push_back(std::move(step));
    }
    std::erase_if(program_.steps, [&](const Program::Step& step) {
      return memory_.unread_loads()[static_cast<std::size_t>(step.command)] ||
             std::holds_alternative<isa::Sync>(image_.commands[static_cast<std::size_t>(step.command)].operation);
    });
    program_.must_restore_dram = memory_.must_restore_dram();
  }

 private:
  void follow(const isa::Operation& operation, Program::Step& step) {
    if (const auto* load = std::get_if<isa::Load>(&operation)) return memory_.load(step.command, *load);
    if (const auto* store = std::get_if<isa::Store>(&operation)) return memory_.store(*store);
    std::vector<isa::Access> known;
    if (const auto* conv = std::get_if<isa::Conv>(&operation)) {
      auto constants = constants_of(*conv, image_.config);
      if (std::ranges::all_of(constants, [&](const auto& access) { return memory_.is_constant(access); })) {
        step.packed = packed(*conv, constants);
        known = std::move(constants);
      }
      if (conv->continues != 0 && last_conv_) program_.steps[*last_conv_].keeps_accumulators = true;
      last_conv_ = program_.steps.size();
    }
    for (const isa::Access& access : isa::footprint(operation, image_.config)) {
      if (access.writes)
        memory_.write(access);
      else if (std::ranges::find(known, access) == known.end())
        memory_.read(access);
    }
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
  std::optional<std::size_t> last_conv_;  ///< index of its step
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
