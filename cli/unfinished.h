#pragma once

#include <filesystem>

#include "cli/configuration.h"
#include "cli/model.h"

namespace evenshift::cli {

/// The folder OUTPUT.unfinished, in which a compilation keeps the blocks that it has trained until it is done.
std::filesystem::path unfinished_folder(const std::filesystem::path& output);

/// A digest of all that a compilation depends on: the program's version, the bytes of the model, of its sidecar and of
/// the calibration images, and the configuration.
std::uint64_t compilation_key(const Model& model, const std::filesystem::path& sidecar, const CalibrationImages& images,
                              const Configuration& configuration);

}  // namespace evenshift::cli
