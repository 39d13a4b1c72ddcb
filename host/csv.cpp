#include "host/csv.h"

#include <algorithm>
#include <string_view>

#include "arch/base/atomic_file.h"
#include "arch/base/error.h"

namespace evenshift::host {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// Splits one line, which has no line end.
class LineSplitter {
 public:
  LineSplitter(std::string_view line, const std::string& name, int number)
      : rest_(line), name_(name), number_(number) {}

  std::vector<std::string> split() {
    std::vector<std::string> fields;
    while (true) {
      rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlanks), rest_.size()));
      fields.push_back(rest_.starts_with('"') ? quoted() : plain());
      if (rest_.empty()) return fields;
      rest_.remove_prefix(1);  // the comma
    }
  }

 private:
  std::string plain() {
    const std::size_t end = std::min(rest_.find(','), rest_.size());
    std::string field(trimmed(rest_.substr(0, end)));
    rest_.remove_prefix(end);
    return field;
  }

  std::string quoted() {
    std::string field;
    rest_.remove_prefix(1);
    while (true) {
      const std::size_t end = rest_.find('"');
      if (end == std::string_view::npos) fail("{}:{}: a quote is not closed", name_, number_);
      field += rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
      if (!rest_.starts_with('"')) break;
      field += '"';
      rest_.remove_prefix(1);
    }
    const std::size_t comma = std::min(rest_.find(','), rest_.size());
    if (!trimmed(rest_.substr(0, comma)).empty()) fail("{}:{}: text follows a closing quote", name_, number_);
    rest_.remove_prefix(comma);
    return field;
  }

  std::string_view rest_;
  const std::string& name_;
  int number_;
};

void add_line(CsvTable& table, std::string_view line, int number) {
  if (trimmed(line).empty()) return;
  std::vector<std::string> fields = LineSplitter(line, table.name, number).split();
  if (table.header.empty()) {
    std::vector<std::string> sorted = fields;
    std::ranges::sort(sorted);
    const auto repeated = std::ranges::adjacent_find(sorted);
    if (repeated != sorted.end()) fail("{}:{}: the column '{}' is given twice", table.name, number, *repeated);
    table.header = std::move(fields);
    table.header_line = number;
    return;
  }
  if (fields.size() != table.header.size())
    fail("{}:{}: {} field{} where the header has {}", table.name, number, fields.size(), fields.size() == 1 ? "" : "s",
         table.header.size());
  table.rows.push_back({number, std::move(fields)});
}

}  // namespace

CsvTable read_csv(const std::filesystem::path& path) { return parse_csv(read_text_file(path), path.string()); }

CsvTable parse_csv(const std::string& text, const std::string& name) {
  CsvTable table;
  table.name = name;
  std::string_view rest = text;
  if (rest.starts_with(kByteOrderMark)) rest.remove_prefix(kByteOrderMark.size());
  for (int number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    add_line(table, rest.substr(0, end), number);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (table.header.empty()) fail("{}: the file is empty; a header such as 'file,label' is needed", name);
  return table;
}

}  // namespace evenshift::host
