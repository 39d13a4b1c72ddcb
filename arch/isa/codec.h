#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arch/isa/commands.h"

namespace evenshift::isa {

/// Bytes of the header word (opcode, tokens, layer) that begins every command.
inline constexpr std::size_t kHeaderBytes = 4;

/// Encoded bytes of a command: header, then its fields packed from the lowest bit on in the order of its table, padded
/// with zeros to a multiple of 4 bytes.
std::size_t encoded_bytes(const Operation& operation);

/// Appends the command. Throws InternalError naming the field whose value does not fit.
void encode(const Command& command, std::vector<std::uint8_t>& stream);
std::vector<std::uint8_t> encode(std::span<const Command> commands);

/// Decodes a whole stream. Throws Error naming the byte offset for an unknown opcode, a truncated command, padding that
/// is not zero, or a token flag that does not exist.
std::vector<Command> decode(std::span<const std::uint8_t> stream);

}  // namespace evenshift::isa
