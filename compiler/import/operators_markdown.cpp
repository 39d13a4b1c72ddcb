#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "compiler/import/operators.h"
#include "compiler/ir/passes/limits.h"

namespace evenshift::compiler {

using importer::Constraint;

std::string operators_markdown() {
  static constexpr Constraint kEverywhere[] = {Constraint::computed_input, Constraint::first_output, Constraint::layout,
                                               Constraint::output_layout};
  std::string text =
      "# Supported ONNX operators\n\n"
      "ONNX float32, opset 7 to 21, batch 1 (a symbolic batch counts as 1). Weights in float16, float64 or bfloat16 "
      "are "
      "converted. A node that breaks a constraint is reported with this sentence, its name and the shape of its input; "
      "all "
      "such nodes of a model are reported at once.\n\n"
      "| operator | becomes | constraints |\n|---|---|---|\n";
  for (const importer::OperatorEntry& entry : importer::known_operators()) {
    std::string constraints;
    for (const Constraint constraint : entry.constraints)
      constraints += fmt::format("{}{}", constraints.empty() ? "" : "<br>", importer::sentence(constraint));
    text += fmt::format("| {} | {} | {} |\n", entry.op_type, entry.becomes, constraints);
  }
  text += "\n## For every operator\n\n";
  for (const Constraint constraint : kEverywhere) text += fmt::format("- {}\n", importer::sentence(constraint));
  text += "\n## For the network as a whole\n\n";
  for (const std::string_view sentence : kGraphLimits) text += fmt::format("- {}\n", sentence);
  return text;
}

}  // namespace evenshift::compiler
