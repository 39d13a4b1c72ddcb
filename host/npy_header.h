#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evenshift::host {

/// The dictionary at the beginning of a .npy file.
struct NpyHeader {
  std::string descr;  ///< such as "<f4"
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
};

/// Parses the Python literal {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }. Throws Error naming `name`.
NpyHeader parse_npy_header(std::string_view text, const std::string& name);

/// The reverse, as NumPy spells it.
std::string npy_header_text(const NpyHeader& header);

}  // namespace evenshift::host
