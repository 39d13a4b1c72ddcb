#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/executor.h"

namespace evenshift::conformance {

/// What a run did, as far as executors must agree.
struct Trace {
  std::map<std::int64_t, sim::TensorCodes> tensors;       ///< by tensor index, as its layer left it
  std::vector<sim::TensorCodes> outputs;                  ///< what run() returned
  std::vector<std::array<std::int64_t, 5>> accumulators;  ///< (command, y, x, c, value), sorted; where asked for
};

enum class Accumulators : std::uint8_t { ignore, record };

/// One inference of a loaded executor.
Trace trace_of(const image::Image& image, sim::Executor& executor, std::span<const sim::TensorCodes> inputs,
               Accumulators accumulators = Accumulators::ignore);

/// Where a tensor first differs, in the order of layers, channels, rows, columns.
struct Place {
  std::int64_t layer = 0, tensor = 0, channel = 0, y = 0, x = 0;
  friend bool operator==(const Place&, const Place&) = default;
};
std::optional<Place> first_difference(const image::Image& image, const Trace& expected, const Trace& actual);

/// "" where the traces are equal, otherwise a sentence that names the first difference.
std::string difference(const image::Image& image, const Trace& expected, const Trace& actual);

}  // namespace evenshift::conformance
