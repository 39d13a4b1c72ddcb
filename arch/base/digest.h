#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace evenshift {

/// CRC-32 (ISO 3309, polynomial 0xEDB88320) of `bytes`: the checksum of an image section.
std::uint32_t crc32(std::span<const std::uint8_t> bytes);

/// FNV-1a, 64 bits, of `text`: tells apart machine configurations and inputs; no protection against malice.
std::uint64_t digest64(std::string_view text);

/// `digest` as 16 lower-case hexadecimal digits.
std::string to_hex(std::uint64_t digest);

}  // namespace evenshift
