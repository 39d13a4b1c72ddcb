#pragma once

#include <cstdint>

#include "tests/compiler/equalize/equalize_fixture.h"

namespace evenshift::compiler {

struct RandomNetwork {
  Graph graph;  ///< canonical
  Images images;
};

/// Six to twelve layers that share channels in every way that ScaleGroups knows, with filters of very different sizes,
/// some of them 0: a pure function of the seed.
RandomNetwork random_network(std::uint32_t seed);

}  // namespace evenshift::compiler
