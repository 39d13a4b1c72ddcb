#include "arch/isa/codec.h"

#include "arch/base/bit_stream.h"
#include "arch/base/error.h"

namespace evenshift::isa {
namespace {

template <typename Op>
constexpr int payload_bits() {
  int bits = 0;
  std::apply([&](const auto&... field) { ((bits += field.bits), ...); }, Op::fields);
  return bits;
}

template <typename Op>
constexpr std::size_t command_bytes() {
  return kHeaderBytes + static_cast<std::size_t>((payload_bits<Op>() + 31) / 32 * 4);
}

std::uint8_t pack(const Tokens& tokens) {
  return static_cast<std::uint8_t>(tokens.wait_a | tokens.wait_b << 1 | tokens.signal_a << 2 | tokens.signal_b << 3);
}

template <typename Op>
void encode_payload(const Op& op, std::vector<std::uint8_t>& stream) {
  BitWriter writer;
  for_each_field<Op>([&](const auto& field) {
    const std::int64_t value = op.*field.member;
    const std::int64_t low = field.is_signed ? -(std::int64_t{1} << (field.bits - 1)) : 0;
    const std::int64_t high = (std::int64_t{1} << (field.is_signed ? field.bits - 1 : field.bits)) - 1;
    if (value < low || value > high)
      throw InternalError(fmt::format("{}.{}: {} does not fit {} bits", Op::kName, field.name, value, field.bits));
    writer.put(static_cast<std::uint32_t>(value), static_cast<unsigned>(field.bits));
  });
  auto payload = writer.take();
  payload.resize(command_bytes<Op>() - kHeaderBytes);
  stream.insert(stream.end(), payload.begin(), payload.end());
}

template <typename Op>
Op decode_payload(std::span<const std::uint8_t> payload, std::size_t offset) {
  Op op;
  std::uint64_t bit = 0;
  const auto take = [&](unsigned bits) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < bits; ++i, ++bit)
      value |= static_cast<std::uint64_t>((payload[bit / 8] >> (bit % 8)) & 1) << i;
    return static_cast<std::uint32_t>(value);
  };
  for_each_field<Op>([&](const auto& field) {
    const auto bits = static_cast<unsigned>(field.bits);
    const std::uint32_t raw = take(bits);
    op.*field.member = field.is_signed ? sign_extend(raw, bits) : static_cast<std::int64_t>(raw);
  });
  while (bit < payload.size() * 8)
    if (take(1) != 0) fail("command stream, byte {}: padding of the {} command is not zero", offset, Op::kName);
  return op;
}

}  // namespace

std::size_t encoded_bytes(const Operation& operation) {
  return std::visit([](const auto& op) { return command_bytes<std::decay_t<decltype(op)>>(); }, operation);
}

void encode(const Command& command, std::vector<std::uint8_t>& stream) {
  std::visit(
      [&](const auto& op) {
        using Op = std::decay_t<decltype(op)>;
        if (command.layer < 0 || command.layer > 0xffff)
          throw InternalError(fmt::format("layer index {} does not fit 16 bits", command.layer));
        stream.push_back(Op::kOpcode);
        stream.push_back(pack(command.tokens));
        stream.push_back(static_cast<std::uint8_t>(command.layer));
        stream.push_back(static_cast<std::uint8_t>(command.layer >> 8));
        encode_payload(op, stream);
      },
      command.operation);
}

std::vector<std::uint8_t> encode(std::span<const Command> commands) {
  std::vector<std::uint8_t> stream;
  for (const Command& command : commands) encode(command, stream);
  return stream;
}

std::vector<Command> decode(std::span<const std::uint8_t> stream) {
  std::vector<Command> commands;
  for (std::size_t offset = 0; offset < stream.size();) {
    if (stream.size() - offset < kHeaderBytes)
      fail("command stream, byte {}: the stream ends inside a command", offset);
    const std::uint8_t opcode = stream[offset];
    const std::uint8_t tokens = stream[offset + 1];
    if (tokens > 15) fail("command stream, byte {}: unknown token flags {:#x}", offset, tokens);
    Command command;
    command.tokens = {(tokens & 1) != 0, (tokens & 2) != 0, (tokens & 4) != 0, (tokens & 8) != 0};
    command.layer = stream[offset + 2] | stream[offset + 3] << 8;
    bool known = false;
    for_each_operation([&]<typename Op>() {
      if (known || Op::kOpcode != opcode) return;
      known = true;
      constexpr std::size_t size = command_bytes<Op>();
      if (stream.size() - offset < size)
        fail("command stream, byte {}: the stream ends inside a {} command", offset, Op::kName);
      command.operation = decode_payload<Op>(stream.subspan(offset + kHeaderBytes, size - kHeaderBytes), offset);
      offset += size;
    });
    if (!known) fail("command stream, byte {}: unknown opcode {:#04x}", offset, opcode);
    commands.push_back(std::move(command));
  }
  return commands;
}

}  // namespace evenshift::isa
