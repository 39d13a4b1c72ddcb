#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/configuration.h"
#include "compiler/explain/explanation.h"

namespace evenshift::cli {

/// What a report says beside the explanation.
struct ExplainSubject {
  std::string model;
  Configuration configuration;
  std::vector<std::string> images;  ///< of the calibration folder, to name outliers by
};

/// For a person: the verdict in three lines, causes, remedies, layers with the guiltiest first.
std::string explain_text(const ExplainSubject& subject, const compiler::Explanation& explanation);

/// The same as JSON, units in the keys.
nlohmann::ordered_json explain_json(const ExplainSubject& subject, const compiler::Explanation& explanation);

}  // namespace evenshift::cli
