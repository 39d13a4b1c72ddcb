#include "cli/unfinished.h"

#include <fmt/format.h>

#include "arch/base/atomic_file.h"
#include "arch/base/digest.h"
#include "compiler/compile.h"

namespace evenshift::cli {

std::filesystem::path unfinished_folder(const std::filesystem::path& output) { return output.string() + ".unfinished"; }

std::uint64_t compilation_key(const Model& model, const std::filesystem::path& sidecar, const CalibrationImages& images,
                              const Configuration& configuration) {
  const auto& compile = configuration.compile;
  std::string text = fmt::format("{} {} {} {} {} {}", EVENSHIFT_VERSION, compile.weight_bits, compile.layer_weight_bits,
                                 compile.equalize, compiler::preparation_key(compile), to_yaml(configuration.npu));
  const auto add = [&](const std::filesystem::path& file) { text += to_hex(digest64(read_text_file(file))); };
  add(model.path);
  add(sidecar.empty() ? host::sidecar_path(model.path) : sidecar);
  for (const std::string& image : images.names()) add(image);
  return digest64(text);
}

}  // namespace evenshift::cli
