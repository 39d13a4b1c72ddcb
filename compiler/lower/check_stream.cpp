#include "compiler/lower/check_stream.h"

#include <array>
#include <optional>
#include <vector>

#include "arch/base/check.h"
#include "arch/isa/footprint.h"
#include "compiler/lower/interval_map.h"

namespace evenshift::compiler {
namespace {

using Index = std::int32_t;
constexpr Index kNone = -1;          ///< nobody
constexpr Index kBeforeTheRun = -2;  ///< the host, before the first command

constexpr std::array<isa::Unit, 3> kUnits = {isa::Unit::load, isa::Unit::compute, isa::Unit::store};
constexpr std::size_t number(isa::Unit unit) { return static_cast<std::size_t>(unit); }

/// For each unit, the last of its commands that is known to have ended.
using Clock = std::array<Index, 3>;

/// Who wrote a byte last, and who has read it since, the last of each unit.
struct ByteState {
  Index writer = kNone;
  Clock readers = {kNone, kNone, kNone};
};

const ByteState kInitial = {kBeforeTheRun, {kNone, kNone, kNone}};

class Checker {
 public:
  explicit Checker(const image::Image& image) : image_(image), clocks_(image.commands.size()) {}

  void run() {
    write_initial_dram();
    for (std::size_t i = 0; i < image_.commands.size(); ++i) {
      const auto index = static_cast<Index>(i);
      check_command(index);
      take_tokens(index);
      for (const isa::Access& access : isa::footprint(command(index).operation, image_.config))
        check_access(index, access);
      give_tokens(index);
    }
    check(!unfinished_, "a conv at the end of the stream keeps its accumulators");
    for (const isa::Unit from : kUnits)
      for (const isa::Unit to : kUnits)
        if (const Signals& signals = signals_[number(from)][number(to)]; signals.taken < signals.by.size())
          throw InternalError(
              fmt::format("{} leaves a token that no command waits for", name(signals.by[signals.taken])));
  }

 private:
  /// Tokens from one unit to another, in the order of their signals.
  struct Signals {
    std::vector<Index> by;
    std::size_t taken = 0;
  };

  const isa::Command& command(Index index) const { return image_.commands[static_cast<std::size_t>(index)]; }
  isa::Unit unit_of(Index index) const { return isa::unit_of(command(index).operation); }

  std::string name(Index index) const {
    if (index < 0) return "the host";
    const auto layer = static_cast<std::size_t>(command(index).layer);
    return fmt::format("command {} ({} of layer '{}')", index, isa::name_of(command(index).operation),
                       layer < image_.layers.size() ? image_.layers[layer].name : "?");
  }

  void write_initial_dram() {
    for (const auto* constants : {&image_.weights, &image_.biases, &image_.scales, &image_.tables})
      if (!constants->bytes.empty())
        dram_.assign(constants->dram_address,
                     constants->dram_address + static_cast<std::int64_t>(constants->bytes.size()), kInitial);
    for (const image::Tensor& tensor : image_.tensors) {
      if (tensor.role != image::TensorRole::input) continue;
      for (std::int64_t y = 0; y < tensor.height; ++y)
        for (std::int64_t x = 0; x < tensor.width; ++x) {
          const std::int64_t pixel = tensor.address(y, x, 0);
          dram_.assign(pixel, pixel + tensor.channels, kInitial);
        }
    }
  }

  void check_command(Index index) {
    if (const auto fault = isa::command_fault(command(index).operation, image_.config, image_.dram_bytes))
      throw InternalError(fmt::format("{} cannot run: {}", name(index), *fault));
    const auto* conv = std::get_if<isa::Conv>(&command(index).operation);
    if (conv == nullptr) return;
    if ((conv->continues != 0) != unfinished_.has_value())
      throw InternalError(name(index) + (unfinished_ ? " does not continue the conv before it" : " continues no conv"));
    const std::array<std::int64_t, 3> size = {conv->output_height, conv->output_width, conv->output_channels};
    if (unfinished_ && *unfinished_ != size)
      throw InternalError(fmt::format("{} continues a conv of another size", name(index)));
    unfinished_ = conv->finishes != 0 ? std::nullopt : std::optional(size);
  }

  void take_tokens(Index index) {
    const isa::Unit unit = unit_of(index);
    const isa::Tokens& tokens = command(index).tokens;
    Clock& clock = clocks_[static_cast<std::size_t>(index)];
    clock = ended_[number(unit)];
    for (const int flag : {0, 1}) {
      if (!(flag == 0 ? tokens.wait_a : tokens.wait_b)) continue;
      const isa::Unit from = isa::other_unit(unit, flag);
      Signals& signals = signals_[number(from)][number(unit)];
      if (signals.taken == signals.by.size())
        throw InternalError(fmt::format("{} waits for a token that no command before it signals", name(index)));
      const Clock& signaller = clocks_[static_cast<std::size_t>(signals.by[signals.taken++])];
      for (std::size_t u = 0; u < clock.size(); ++u) clock[u] = std::max(clock[u], signaller[u]);
    }
  }

  void give_tokens(Index index) {
    const isa::Unit unit = unit_of(index);
    const isa::Tokens& tokens = command(index).tokens;
    Clock& clock = clocks_[static_cast<std::size_t>(index)];
    clock[number(unit)] = index;
    ended_[number(unit)] = clock;
    for (const int flag : {0, 1})
      if (flag == 0 ? tokens.signal_a : tokens.signal_b)
        signals_[number(unit)][number(isa::other_unit(unit, flag))].by.push_back(index);
  }

  void check_order(Index index, Index earlier, const char* what) const {
    if (earlier < 0 || earlier == index) return;
    if (clocks_[static_cast<std::size_t>(index)][number(unit_of(earlier))] < earlier)
      throw InternalError(fmt::format("{} {} {} without waiting for it", name(index), what, name(earlier)));
  }

  void check_access(Index index, const isa::Access& access) {
    auto& map = access.memory == isa::Memory::dram ? dram_ : scratchpad_;
    const std::size_t unit = number(unit_of(index));
    for (std::int64_t row = 0; row < access.rows; ++row) {
      const std::int64_t begin = access.address + row * access.stride;
      const std::int64_t end = begin + access.row_bytes;
      map.visit(begin, end, [&](ByteState& state) {
        if (access.writes) {
          check_order(index, state.writer, "overwrites what is written by");
          for (const Index reader : state.readers) check_order(index, reader, "overwrites what is read by");
          return;
        }
        if (state.writer == kNone)
          throw InternalError(fmt::format("{} reads bytes of row {} of {} to {} in the {} that nothing has written",
                                          name(index), row, access.address, access.end(),
                                          access.memory == isa::Memory::dram ? "DRAM" : "scratchpad"));
        check_order(index, state.writer, "reads what is written by");
        state.readers[unit] = index;
      });
      if (access.writes) map.assign(begin, end, {index, {kNone, kNone, kNone}});
    }
  }

  const image::Image& image_;
  std::vector<Clock> clocks_;  ///< by command: what has ended before it, and after give_tokens itself
  std::array<Clock, 3> ended_ = {Clock{kNone, kNone, kNone}, Clock{kNone, kNone, kNone}, Clock{kNone, kNone, kNone}};
  std::array<std::array<Signals, 3>, 3> signals_;
  IntervalMap<ByteState> dram_, scratchpad_;
  std::optional<std::array<std::int64_t, 3>> unfinished_;  ///< height, width, channels of a conv that did not finish
};

}  // namespace

void check_stream(const image::Image& image) { Checker(image).run(); }

}  // namespace evenshift::compiler
