#pragma once

#include <string>
#include <vector>

#include "cli/sweep_results.h"

namespace evenshift::cli {

/// The results as Markdown: for every model and bit width a table of top-1 in percent, methods down, shift bits and the
/// other requant scales across; behind each number the agreement with the float network's first class.
std::string sweep_markdown(const std::vector<SweepRow>& rows);

}  // namespace evenshift::cli
