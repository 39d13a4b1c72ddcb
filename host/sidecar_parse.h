#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "host/document_node.h"
#include "host/sidecar.h"

namespace evenshift::host {

/// Checks a document against the sidecar's schema. Throws one Error with every fault. `class_names` may be the path of
/// a text file only where `folder` is given.
Sidecar sidecar_from_document(const DocumentNode& root, const std::string& name,
                              const std::optional<std::filesystem::path>& folder);

}  // namespace evenshift::host
