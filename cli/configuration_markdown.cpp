#include <fmt/format.h>

#include "cli/configuration.h"

namespace evenshift::cli {
namespace {

/// One row of the table a key.
class MarkdownVisitor {
 public:
  explicit MarkdownVisitor(std::string root) : root_(std::move(root)) {}
  void section(const std::string& name) { section_ = name.empty() ? root_ : root_ + "." + name; }
  void optional_section(const std::string& name) { section(name); }
  template <typename T, typename Bound>
  void field(const std::string& key, const T& value, Bound low, Bound high, const char* sentence) {
    row(key, fmt::format("{}", value), fmt::format("{} to {}", low, high), sentence);
  }
  void field(const std::string& key, const std::string& value, const char* sentence) {
    row(key, value, "text", sentence);
  }
  void field(const std::string& key, RoundingMode value, const char* sentence) {
    row(key, std::string(to_string(value)), "half_up, half_away, half_even, truncate, tflite_double", sentence);
  }
  void field(const std::string& key, RequantScale value, const char* sentence) {
    row(key, std::string(to_string(value)), "layer, layer_with_channel_shift, channel_shift_only, channel_multiplier",
        sentence);
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void row(const std::string& key, const std::string& value, const std::string& allowed, const char* sentence) {
    text_ += fmt::format("| `{}.{}` | {} | {} | {} |\n", section_, key, value, allowed, sentence);
  }

  std::string root_, section_, text_;
};

}  // namespace

std::string configuration_markdown() {
  const Configuration defaults;
  MarkdownVisitor machine("npu");
  visit_npu_config(defaults.npu, machine);
  MarkdownVisitor options("compile");
  visit_compile_options(defaults.compile, options);
  return "# Configuration\n\n"
         "Generated from the structs that hold it. `-c FILE` reads a YAML file with an `npu:` section (the machine; "
         "all keys\n"
         "must be there, but `dram_rows` and `energy` may be left out as a whole), a `compile:` section (keys left "
         "out\n"
         "keep their default), or both, and may be given more than once.\n"
         "`--set KEY=VALUE` overrides a key by its full name without `npu.` or `compile.`, or by its last part where "
         "that is\n"
         "unique. Unknown and missing keys, values out of range and machines that cannot be built are refused, all at "
         "once.\n\n"
         "## The machine\n\n| key | default | allowed | meaning |\n|---|---|---|---|\n" +
         machine.text() + "\n## The compiler's options\n\n| key | default | allowed | meaning |\n|---|---|---|---|\n" +
         options.text();
}

}  // namespace evenshift::cli
