#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "arch/base/atomic_file.h"
#include "arch/base/error.h"

namespace evenshift::cli {

/// Writes a report as indented JSON, with schema_version first, to a file, or to standard output where it is "-".
inline void write_json(nlohmann::ordered_json report, const std::string& file) {
  nlohmann::ordered_json document = {{"schema_version", 1}};
  document.update(report);
  const std::string text = document.dump(2) + "\n";
  if (file == "-")
    std::fputs(text.c_str(), stdout);
  else
    write_file_atomically(file, text);
}

/// "0:12 3:20 4:32": channels by k_c, the empty ones left out.
inline std::string histogram_text(const std::vector<std::int64_t>& histogram) {
  std::string text;
  for (std::size_t k = 0; k < histogram.size(); ++k)
    if (histogram[k] > 0) text += fmt::format("{}{}:{}", text.empty() ? "" : " ", k, histogram[k]);
  return text;
}

/// Refuses an output that cannot be written before long work begins. Throws Error naming the file.
inline void check_writable(const std::string& file) {
  if (file.empty() || file == "-") return;
  const std::filesystem::path path(file);
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  if (!std::filesystem::is_directory(folder)) fail("cannot write '{}': there is no folder '{}'", file, folder.string());
  if (std::filesystem::is_directory(path)) fail("cannot write '{}': it is a folder", file);
  if (::access(folder.c_str(), W_OK) != 0)
    fail("cannot write '{}': the folder '{}' is not writable", file, folder.string());
}

}  // namespace evenshift::cli
