#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "compiler/import/expand_qoperators.h"
#include "compiler/import/operators.h"
#include "compiler/import/tflite/operators.h"
#include "compiler/ir/passes/limits.h"

namespace evenshift::compiler {

using importer::Constraint;

namespace {

std::string row(std::string_view name, std::string_view becomes, const std::vector<Constraint>& constraints) {
  std::string text;
  for (const Constraint constraint : constraints)
    text += fmt::format("{}{}", text.empty() ? "" : "<br>", importer::sentence(constraint));
  return fmt::format("| {} | {} | {} |\n", name, becomes, text);
}

}  // namespace

std::string operators_markdown() {
  static constexpr Constraint kEverywhere[] = {Constraint::computed_input, Constraint::first_output, Constraint::layout,
                                               Constraint::output_layout};
  std::string text =
      "# Supported operators\n\n"
      "ONNX float32, or quantized with QuantizeLinear and DequantizeLinear; opset 7 to 21, batch 1 (a symbolic batch "
      "counts as 1). Weights in float16, float64 or bfloat16 "
      "are "
      "converted. A node that breaks a constraint is reported with this sentence, its name and the shape of its input; "
      "all "
      "such nodes of a model are reported at once.\n\n"
      "| operator | becomes | constraints |\n|---|---|---|\n";
  for (const importer::OperatorEntry& entry : importer::known_operators())
    text += row(entry.op_type, entry.becomes, entry.constraints);
  text += fmt::format("\nOperators on integers are read as DequantizeLinear, the operator, QuantizeLinear: {}.\n",
                      fmt::join(importer::qoperator_names(), ", "));
  text +=
      "\n## TFLite operators\n\n"
      "Schema version 3, one subgraph, batch 1; float32, int8 and uint8, one scale or one a channel. What is said of "
      "the ONNX "
      "operator holds for the TFLite one; " +
      std::string(importer::sentence(Constraint::integer_type)) +
      ".\n\n"
      "| operator | becomes | constraints |\n|---|---|---|\n";
  for (const tflite::OperatorEntry& entry : tflite::known_operators())
    text += row(entry.name, entry.becomes, entry.constraints);
  text += "\n## For every operator\n\n";
  for (const Constraint constraint : kEverywhere) text += fmt::format("- {}\n", importer::sentence(constraint));
  text += "\n## For the network as a whole\n\n";
  for (const std::string_view sentence : kGraphLimits) text += fmt::format("- {}\n", sentence);
  return text;
}

}  // namespace evenshift::compiler
