#include <fmt/format.h>

#include "arch/base/atomic_file.h"
#include "compiler/import/import.h"
#include "compiler/import/import_model.h"
#include "compiler/import/tflite/operators.h"

namespace evenshift::compiler {
namespace {

using namespace tflite;

std::string known_tflite_names() {
  std::string names;
  for (const tflite::OperatorEntry& entry : tflite::known_operators())
    names += fmt::format("{}{}", names.empty() ? "" : ", ", entry.name);
  return names;
}

void translate(Translation& translation, const TfliteOperator& op) {
  translation.begin(op, operator_name(op));
  const tflite::OperatorEntry* entry = tflite::find_operator(op.code);
  if (entry == nullptr)
    return translation.refuse(fmt::format("the operator {} is not supported", operator_name(op)), true);
  try {
    entry->translate(translation);
  } catch (const Refused& refused) {
    translation.refuse(std::string(sentence(refused.constraint)), false);
  }
}

}  // namespace

Graph import_tflite(const std::filesystem::path& path) {
  const std::vector<std::uint8_t> bytes = read_file(path);
  const FlatBuffer buffer(bytes, path.string());
  const TfliteModel source = read_tflite(buffer, bytes, path);
  importer::OnnxModel model;
  model.path = path;
  model.opset = 13;
  Translation translation(source, model);
  translation.add_inputs();
  for (const TfliteOperator& op : source.operators) translate(translation, op);
  translation.add_outputs();
  return importer::import_model(model, known_tflite_names());
}

}  // namespace evenshift::compiler
