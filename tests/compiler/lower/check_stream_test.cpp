// What check_stream must find: every token that is missing, and every command that touches what it must not yet touch.
#include "compiler/lower/check_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "tests/compiler/lower/lowering_checks.h"
#include "tests/compiler/lower/network_builder.h"

namespace evenshift::compiler {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// All kinds of layers, double buffers, splits of the reduction, reuse of DRAM: a stream that needs all its tokens.
image::Image busy_image(std::int64_t scratchpad_bytes) {
  NetworkBuilder b(config_with_scratchpad(scratchpad_bytes), 3);
  const ValueId in = b.input({16, 10, 10});
  ValueId v = b.conv(in, square_window(3, 1, 1), 48);
  v = b.depthwise(v, square_window(3, 1, 1));
  const ValueId left = b.conv(v, square_window(1, 1, 0), 16);
  v = b.add(left, in);
  v = b.lookup(v);
  const ValueId right = b.max_pool(v, square_window(3, 1, 1));
  v = b.concat({left, right, in}, {true, true, false});
  v = b.pad(v, 1, 1, 0, 0);
  v = b.conv(v, square_window(3, 2, 0), 100);
  v = b.conv(v, square_window(3, 2, 1), 60);
  v = b.global_average_pool(v);
  b.output(b.dense(v, 10));
  const QuantizedGraph network = b.take();
  return lower(network, "{}");
}

bool is_refused(const image::Image& image) {
  try {
    check_stream(image);
    return false;
  } catch (const InternalError&) {
    return true;
  }
}

bool& wait_flag(isa::Tokens& tokens, int flag) { return flag == 0 ? tokens.wait_a : tokens.wait_b; }
bool& signal_flag(isa::Tokens& tokens, int flag) { return flag == 0 ? tokens.signal_a : tokens.signal_b; }

struct TokenPair {
  std::size_t signal = 0, wait = 0;
  int signal_flag = 0, wait_flag = 0;
};

/// The i-th wait of each pair of units beside its i-th signal.
std::vector<TokenPair> token_pairs(image::Image& image) {
  std::vector<TokenPair> pairs;
  for (int from = 0; from < 3; ++from)
    for (int flag = 0; flag < 2; ++flag) {
      const auto from_unit = static_cast<isa::Unit>(from);
      const isa::Unit to_unit = isa::other_unit(from_unit, flag);
      const int wait = isa::other_unit(to_unit, 0) == from_unit ? 0 : 1;
      std::vector<std::size_t> signals, waits;
      for (std::size_t i = 0; i < image.commands.size(); ++i) {
        isa::Command& command = image.commands[i];
        const isa::Unit unit = isa::unit_of(command.operation);
        if (unit == from_unit && signal_flag(command.tokens, flag)) signals.push_back(i);
        if (unit == to_unit && wait_flag(command.tokens, wait)) waits.push_back(i);
      }
      EXPECT_EQ(signals.size(), waits.size());
      for (std::size_t i = 0; i < std::min(signals.size(), waits.size()); ++i)
        pairs.push_back({signals[i], waits[i], flag, wait});
    }
  return pairs;
}

class CheckStream : public testing::TestWithParam<std::int64_t> {};

TEST_P(CheckStream, AcceptsWhatLowerMakes) { EXPECT_NO_THROW(check_stream(busy_image(GetParam()))); }

TEST_P(CheckStream, FindsEveryFlagThatIsMissing) {
  image::Image image = busy_image(GetParam());
  std::size_t flags = 0;
  for (isa::Command& command : image.commands)
    for (const int flag : {0, 1})
      for (bool* value : {&wait_flag(command.tokens, flag), &signal_flag(command.tokens, flag)}) {
        if (!*value) continue;
        ++flags;
        *value = false;
        EXPECT_TRUE(is_refused(image)) << "command " << &command - image.commands.data();
        *value = true;
      }
  EXPECT_GT(flags, 60u);
}

// A pair that is missing leaves all counters balanced: only the order of accesses betrays it.
TEST_P(CheckStream, FindsEveryPairOfFlagsThatIsMissing) {
  image::Image image = busy_image(GetParam());
  const auto pairs = token_pairs(image);
  EXPECT_GT(pairs.size(), 30u);
  for (const TokenPair& pair : pairs) {
    bool& signal = signal_flag(image.commands[pair.signal].tokens, pair.signal_flag);
    bool& wait = wait_flag(image.commands[pair.wait].tokens, pair.wait_flag);
    signal = wait = false;
    EXPECT_TRUE(is_refused(image)) << "commands " << pair.signal << " and " << pair.wait;
    signal = wait = true;
  }
  EXPECT_FALSE(is_refused(image));
}

TEST_P(CheckStream, FindsEveryWaitThatMovesAnEarlierSignal) {
  image::Image image = busy_image(GetParam());
  std::size_t moved = 0;
  for (const TokenPair& pair : token_pairs(image)) {
    // The signal moves to the command of the same unit before it, which ends too early.
    const isa::Unit unit = isa::unit_of(image.commands[pair.signal].operation);
    std::size_t earlier = pair.signal;
    while (earlier > 0 && isa::unit_of(image.commands[--earlier].operation) != unit) {
    }
    if (earlier == pair.signal || isa::unit_of(image.commands[earlier].operation) != unit) continue;
    bool& from = signal_flag(image.commands[pair.signal].tokens, pair.signal_flag);
    bool& to = signal_flag(image.commands[earlier].tokens, pair.signal_flag);
    if (to) continue;
    std::swap(from, to);
    EXPECT_TRUE(is_refused(image)) << "commands " << pair.signal << " and " << pair.wait;
    std::swap(from, to);
    ++moved;
  }
  EXPECT_GT(moved, 5u);
}

INSTANTIATE_TEST_SUITE_P(Scratchpads, CheckStream, testing::Values(4096, 16384, 262144),
                         [](const auto& parameter) { return std::to_string(parameter.param) + "Bytes"; });

/// load, conv and store of one dense layer.
image::Image small_image() {
  NetworkBuilder b({}, 1);
  b.output(b.dense(b.input({8, 1, 1}), 4));
  return lower(b.take(), "{}");
}

template <typename Op>
std::size_t first_of(const image::Image& image) {
  for (std::size_t i = 0; i < image.commands.size(); ++i)
    if (std::holds_alternative<Op>(image.commands[i].operation)) return i;
  throw std::logic_error("no such command");
}

auto refusal(const image::Image& image) {
  return [&image] { check_stream(image); };
}

TEST(CheckStreamSentences, NameBothCommandsOfARace) {
  image::Image image = small_image();
  for (isa::Command& command : image.commands) command.tokens = {};
  EXPECT_THAT(refusal(image), ThrowsMessage<InternalError>(
                                  testing::AllOf(HasSubstr("(conv of layer 'node0') reads what is written by command "),
                                                 HasSubstr("(load of layer 'node0') without waiting for it"))));
}

TEST(CheckStreamSentences, NameTheCommandThatReadsWhatNothingWrote) {
  image::Image image = small_image();
  const std::size_t conv = first_of<isa::Conv>(image);
  std::get<isa::Conv>(image.commands[conv].operation).input_address += 2048;
  EXPECT_THAT(refusal(image),
              ThrowsMessage<InternalError>(testing::AllOf(HasSubstr("(conv of layer 'node0') reads bytes"),
                                                          HasSubstr("in the scratchpad that nothing has written"))));
  image = small_image();
  const std::size_t load = first_of<isa::Load>(image);
  std::get<isa::Load>(image.commands[load].operation).dram_address = image.tensors.back().dram_address;
  EXPECT_THAT(refusal(image), ThrowsMessage<InternalError>(HasSubstr("in the DRAM that nothing has written")));
}

TEST(CheckStreamSentences, NameTheCommandThatWaitsInVain) {
  image::Image image = small_image();
  image.commands.front().tokens.wait_a = true;
  EXPECT_THAT(refusal(image),
              ThrowsMessage<InternalError>(
                  HasSubstr("command 0 (load of layer 'node0') waits for a token that no command before it signals")));
  image = small_image();
  image.commands.back().tokens.signal_a = true;
  EXPECT_THAT(refusal(image), ThrowsMessage<InternalError>(HasSubstr("leaves a token that no command waits for")));
}

TEST(CheckStreamSentences, NameTheConvThatContinuesNothing) {
  image::Image image = small_image();
  const std::size_t conv = first_of<isa::Conv>(image);
  std::get<isa::Conv>(image.commands[conv].operation).continues = 1;
  EXPECT_THAT(refusal(image), ThrowsMessage<InternalError>(HasSubstr("continues no conv")));
  image = small_image();
  std::get<isa::Conv>(image.commands[conv].operation).finishes = 0;
  EXPECT_THAT(refusal(image), ThrowsMessage<InternalError>(testing::_));
}

TEST(CheckStreamSentences, NameTheCommandThatCannotRun) {
  image::Image image = small_image();
  std::get<isa::Store>(image.commands[first_of<isa::Store>(image)].operation).dram_address = image.dram_bytes;
  EXPECT_THAT(refusal(image), ThrowsMessage<InternalError>(HasSubstr("(store of layer 'node0') cannot run: ")));
}

}  // namespace
}  // namespace evenshift::compiler
