#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace evenshift::host {

/// A small table of text. Every row has as many fields as the header.
struct CsvTable {
  struct Row {
    int line = 0;  ///< counted from 1
    std::vector<std::string> fields;
  };
  std::string name;  ///< of the file, for messages
  int header_line = 0;
  std::vector<std::string> header;
  std::vector<Row> rows;
};

/// Commas, RFC 4180 quotes within one line, LF or CR LF; blank lines and a byte order mark are skipped, blanks around
/// an unquoted field are cut. Throws Error with file and line for an open quote, text after a quote, a row of another
/// length than the header, a repeated column, and an empty file.
CsvTable read_csv(const std::filesystem::path& path);
CsvTable parse_csv(const std::string& text, const std::string& name);

}  // namespace evenshift::host
