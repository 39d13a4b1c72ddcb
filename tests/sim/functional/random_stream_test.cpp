#include <gtest/gtest.h>

#include <algorithm>

#include "arch/isa/footprint.h"
#include "sim/functional/functional_executor.h"
#include "tests/support/golden_executor.h"
#include "tests/support/random_image.h"
#include "tests/support/random_source.h"

namespace evenshift::sim {
namespace {

using support::RandomSource;

constexpr std::int64_t kDramBytes = 1536;
constexpr std::int64_t kConstantBytes = 512;
/// No four bytes that a command finds for a bias are a number that an accumulator could overflow from.
constexpr std::int64_t kMostCode = 100;

/// Streams without any plan: transfers, convolutions and vector commands at few, often equal addresses of small
/// memories, so that commands overwrite each other's inputs, weights and outputs, in DRAM and in the scratchpad. Valid,
/// but nothing that a compiler would make: what the functional executor concludes about a stream must hold for any.
class RandomStream {
 public:
  explicit RandomStream(std::uint64_t seed) : random_(seed) {
    image_.config.scratchpad = {4096, 1, 16};
    image_.config.conv_core.mac_cols = 4;
    image_.dram_bytes = kDramBytes;
    image_.weights.bytes.resize(kConstantBytes);
    for (auto& byte : image_.weights.bytes) byte = static_cast<std::uint8_t>(random_.in(-kMostCode, kMostCode));
    // Biases are small numbers: of each 32 bits the upper half is zero.
    for (std::size_t i = 2; i < image_.weights.bytes.size() / 2; i += 4)
      image_.weights.bytes[i] = image_.weights.bytes[i + 1] = 0;
    for (auto* empty : {&image_.biases, &image_.scales, &image_.tables}) empty->dram_address = 0;
    image_.layers.resize(static_cast<std::size_t>(random_.in(1, 3)));
    add_tensor(image::TensorRole::input, random_.in(0, 1) * kConstantBytes + 256, 512);
    add_tensor(image::TensorRole::output, 0, kDramBytes);
    const std::int64_t commands = random_.in(4, 40);
    while (static_cast<std::int64_t>(image_.commands.size()) < commands) try_command();
  }

  [[nodiscard]] const image::Image& image() const { return image_; }

 private:
  void add_tensor(image::TensorRole role, std::int64_t address, std::int64_t bytes) {
    image::Tensor tensor;
    tensor.role = role;
    tensor.channels = tensor.row_stride = tensor.pixel_stride = bytes;
    tensor.dram_address = address;
    tensor.quant.bits = 7;
    image_.tensors.push_back(tensor);
  }

  std::int64_t scratchpad_address() { return random_.in(0, 7) * 128 + (random_.one_in(6) ? random_.in(0, 64) : 0); }
  std::int64_t dram_address() {
    return random_.in(0, kDramBytes / 128) * 128 + (random_.one_in(6) ? random_.in(0, 64) : 0);
  }

  template <typename Transfer>
  isa::Operation transfer() {
    Transfer op;
    op.dram_address = dram_address();
    op.scratchpad_address = scratchpad_address();
    op.rows = random_.of<std::int64_t>({1, 1, 2, 4, 16});
    op.row_bytes = random_.of<std::int64_t>({4, 8, 16, 32, 64, 128});
    op.dram_stride = op.row_bytes + random_.of<std::int64_t>({0, 0, 4, 16, -4});
    op.scratchpad_stride = op.row_bytes + random_.of<std::int64_t>({0, 0, 0, 4, -4});
    return op;
  }

  isa::Operation conv() {
    isa::Conv op;
    const bool depthwise = random_.one_in(3);
    const std::int64_t inputs = random_.of<std::int64_t>({4, 8, 16});
    op.output_channels = depthwise ? inputs : random_.of<std::int64_t>({4, 8, 16});
    op.inputs_per_group = depthwise ? 1 : inputs;
    op.outputs_per_group = depthwise ? 1 : op.output_channels;
    op.output_height = random_.in(1, 2);
    op.output_width = random_.in(1, 4);
    op.kernel_width = random_.in(1, 2);
    op.input_height = op.output_height;
    op.input_width = op.output_width;
    op.input_pixel_stride = inputs + (random_.one_in(6) ? 4 : 0);
    op.input_row_stride = op.input_width * op.input_pixel_stride + (random_.one_in(6) ? 8 : 0);
    op.output_pixel_stride = op.output_channels + (random_.one_in(6) ? 4 : 0);
    op.output_row_stride = op.output_width * op.output_pixel_stride + (random_.one_in(6) ? 8 : 0);
    op.input_address = scratchpad_address();
    op.output_address = scratchpad_address();
    op.weight_address = scratchpad_address();
    op.bias_address = scratchpad_address();
    op.scale_address = scratchpad_address();
    op.multiplier = random_.in(1 << 30, (std::int64_t{1} << 31) - 1);
    op.shift = random_.in(36, 44);
    op.clamp_low = -kMostCode;
    op.clamp_high = kMostCode;
    if (random_.one_in(2)) op.weight_address = op.bias_address = op.scale_address = constants_;
    op.finishes = random_.one_in(5) ? 0 : 1;
    if (last_conv_ && random_.one_in(3)) {
      const isa::Conv& last = *last_conv_;
      const bool regular = last.outputs_per_group == last.output_channels && !depthwise;
      if (regular && last.output_channels == op.output_channels && last.output_height == op.output_height &&
          last.output_width == op.output_width)
        op.continues = 1;
    }
    return op;
  }

  isa::Operation vector() {
    const std::int64_t elements = random_.of<std::int64_t>({16, 32, 64});
    if (random_.one_in(2)) {
      isa::Fill fill;
      fill.output_address = scratchpad_address();
      fill.elements = elements;
      fill.value = random_.in(-3, 3);
      return fill;
    }
    isa::Add add;
    add.a_address = scratchpad_address();
    add.b_address = scratchpad_address();
    add.output_address = random_.one_in(2) ? add.a_address : scratchpad_address();
    add.elements = add.b_period = elements;
    add.multiplier_a = add.multiplier_b = 1 << 29;
    add.shift = 30;
    add.clamp_low = -kMostCode;
    add.clamp_high = kMostCode;
    return add;
  }

  /// All constants.
  isa::Operation load_constants() {
    isa::Load load;
    load.scratchpad_address = constants_ = scratchpad_address();
    load.row_bytes = kConstantBytes;
    return load;
  }

  /// All that the last convolution has written.
  isa::Operation store_last() {
    isa::Store store;
    store.dram_address = dram_address();
    if (last_conv_ && last_conv_->output_pixel_stride == last_conv_->output_channels) {
      store.scratchpad_address = last_conv_->output_address;
      store.rows = last_conv_->output_height;
      store.row_bytes = last_conv_->output_width * last_conv_->output_channels;
      store.scratchpad_stride = last_conv_->output_row_stride;
      store.dram_stride = store.row_bytes + random_.of<std::int64_t>({0, 0, 16});
    }
    return store;
  }

  void try_command() {
    const std::int64_t kind = random_.in(0, 13);
    const isa::Operation op = kind < 4    ? transfer<isa::Load>()
                              : kind < 5  ? transfer<isa::Store>()
                              : kind < 9  ? conv()
                              : kind < 10 ? vector()
                              : kind < 12 ? load_constants()
                                          : store_last();
    if (isa::command_fault(op, image_.config, image_.dram_bytes)) return;
    if (const auto* made = std::get_if<isa::Conv>(&op)) last_conv_ = *made;
    image_.commands.push_back({op, {}, random_.in(0, static_cast<std::int64_t>(image_.layers.size()) - 1)});
  }

  RandomSource random_;
  image::Image image_;
  std::optional<isa::Conv> last_conv_;
  std::int64_t constants_ = 0;
};

/// All of DRAM at the end, and where `observes`, before that after every layer.
std::vector<std::vector<std::uint8_t>> run_all(Executor& executor, std::span<const TensorCodes> inputs, bool observes) {
  std::vector<std::vector<std::uint8_t>> memories;
  Observer observer;
  if (observes)
    observer.layer_done = [&](std::int64_t, std::span<const std::uint8_t> dram) {
      memories.emplace_back(dram.begin(), dram.end());
    };
  const auto outputs = executor.run(inputs, observer);
  memories.emplace_back(outputs.front().begin(), outputs.front().end());
  return memories;
}

class RandomStreamTest : public testing::TestWithParam<InstructionSet> {};

TEST_P(RandomStreamTest, LeavesTheGoldenDram) {
  if (!is_supported(GetParam())) GTEST_SKIP() << "this machine does not support " << to_string(GetParam());
  std::int64_t direct_inputs = 0, direct_outputs = 0, prepared = 0, packed_in_the_run = 0, left_out = 0, restored = 0;
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    const RandomStream stream(seed);
    support::GoldenExecutor golden;
    golden.load(stream.image());
    FunctionalExecutor functional(GetParam());
    functional.load(stream.image());
    for (std::uint64_t run = 0; run < 2; ++run) {
      const auto inputs = support::random_inputs(stream.image(), 2 * seed + run);
      // A second run finds, in tensors that are not complete yet, what the first one left there.
      ASSERT_EQ(run_all(functional, inputs, run == 0), run_all(golden, inputs, run == 0))
          << "seed " << seed << ", run " << run;
    }
    const Program& program = *functional.program();
    restored += program.must_restore_dram;
    left_out += static_cast<std::int64_t>(stream.image().commands.size() - program.steps.size());
    for (const auto& step : program.steps) {
      direct_inputs += step.input_in_dram.has_value();
      direct_outputs += step.output_in_dram.has_value();
      prepared += step.packed != nullptr;
      const auto& operation = stream.image().commands[static_cast<std::size_t>(step.command)].operation;
      packed_in_the_run += std::holds_alternative<isa::Conv>(operation) && !step.packed;
    }
  }
  EXPECT_GT(direct_inputs, 300);
  EXPECT_GT(direct_outputs, 300);
  EXPECT_GT(prepared, 300);
  EXPECT_GT(packed_in_the_run, 300);
  EXPECT_GT(left_out, 300);
  EXPECT_GT(restored, 300);
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, RandomStreamTest,
                         testing::Values(InstructionSet::generic, InstructionSet::avx2, InstructionSet::avx512_vnni,
                                         InstructionSet::avx512_amx),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

}  // namespace
}  // namespace evenshift::sim
