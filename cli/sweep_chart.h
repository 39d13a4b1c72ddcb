#pragma once

#include <string>
#include <vector>

#include "cli/sweep_results.h"

namespace evenshift::cli {

/// Top-1 against shift bits as SVG, a column of panels a model, a row a choice of weight and activation bits: a curve
/// for each combination of methods, horizontal lines for the float network and for the requant scales without a channel
/// shift. Beside the first row gates against shift bits, where the area of the machines is known.
std::string accuracy_chart(const std::vector<SweepRow>& rows);

/// The chart and the table as one HTML page that needs nothing else.
std::string sweep_report_html(const std::vector<SweepRow>& rows);

/// A table for the terminal.
std::string sweep_table(const std::vector<SweepRow>& rows);

}  // namespace evenshift::cli
