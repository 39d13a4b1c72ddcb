#include "arch/isa/disassemble.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "arch/isa/codec.h"

namespace evenshift::isa {
namespace {

constexpr const char* kUnitNames[] = {"load", "compute", "store"};

const char* unit_name(Unit unit) { return kUnitNames[static_cast<int>(unit)]; }

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string camel(const std::string& text) {
  std::string result;
  bool start = true;
  for (const char c : text) {
    if (c == '_') {
      start = true;
      continue;
    }
    result += start ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    start = false;
  }
  return result;
}

}  // namespace

std::string disassemble(const Command& command) {
  return std::visit(
      [&](const auto& op) {
        using Op = std::decay_t<decltype(op)>;
        std::string line = fmt::format("{} layer={}", Op::kName, command.layer);
        if (command.tokens.wait_a) line += fmt::format(" wait={}", unit_name(other_unit(Op::kUnit, 0)));
        if (command.tokens.wait_b) line += fmt::format(" wait={}", unit_name(other_unit(Op::kUnit, 1)));
        if (command.tokens.signal_a) line += fmt::format(" signal={}", unit_name(other_unit(Op::kUnit, 0)));
        if (command.tokens.signal_b) line += fmt::format(" signal={}", unit_name(other_unit(Op::kUnit, 1)));
        for_each_field<Op>([&](const auto& field) {
          const bool is_address = std::string_view(field.name).ends_with("address");
          line += is_address ? fmt::format(" {}={:#x}", field.name, op.*field.member)
                             : fmt::format(" {}={}", field.name, op.*field.member);
        });
        return line;
      },
      command.operation);
}

std::string command_reference_markdown() {
  std::string text =
      "# Commands\n\n"
      "Generated from `arch/isa/commands.h`. Every command begins with one 32-bit word: opcode (bits 0–7), token "
      "flags\n"
      "(bits 8–11: wait a, wait b, signal a, signal b), layer (bits 16–31). The fields follow, packed from the lowest "
      "bit\n"
      "on in the order given, padded with zeros to a multiple of 32 bits. `a` and `b` are the two other units, in the\n"
      "order load, compute, store.\n";
  for_each_operation([&]<typename Op>() {
    text += fmt::format("\n## `{}` (opcode {:#04x}, {} unit, {} bytes)\n\n{}\n", Op::kName, Op::kOpcode,
                        unit_name(Op::kUnit), encoded_bytes(Op{}), Op::kSentence);
    bool first = true;
    int bit = 32;
    for_each_field<Op>([&](const auto& field) {
      if (first) text += "\n| field | first bit | bits | signed | meaning |\n|---|---|---|---|---|\n";
      first = false;
      text += fmt::format("| `{}` | {} | {} | {} | {} |\n", field.name, bit, field.bits, field.is_signed ? "yes" : "no",
                          field.sentence);
      bit += field.bits;
    });
  });
  return text;
}

std::string command_c_header() {
  std::string text =
      "/* Command set of the Evenshift NPU. Generated from arch/isa/commands.h: do not edit. */\n"
      "#ifndef EVENSHIFT_COMMANDS_H\n#define EVENSHIFT_COMMANDS_H\n\n"
      "/* Bit positions count from the first bit of the command's header word. */\n";
  for_each_operation([&]<typename Op>() {
    const std::string name = "EVS_" + upper(Op::kName);
    text += fmt::format("\n/* {} */\n#define {}_OPCODE {:#04x}\n#define {}_BYTES {}\n", Op::kSentence, name,
                        Op::kOpcode, name, encoded_bytes(Op{}));
    int bit = 32;
    for_each_field<Op>([&](const auto& field) {
      text +=
          fmt::format("#define {0}_{1}_LSB {2}\n#define {0}_{1}_BITS {3}\n", name, upper(field.name), bit, field.bits);
      bit += field.bits;
    });
  });
  return text + "\n#endif\n";
}

std::string command_sv_package() {
  std::string text =
      "// Command set of the Evenshift NPU. Generated from arch/isa/commands.h: do not edit.\n"
      "// Bit positions count from the first bit of the command's header word.\n"
      "package evenshift_commands_pkg;\n";
  for_each_operation([&]<typename Op>() {
    const std::string name = camel(Op::kName);
    text += fmt::format("\n  // {}\n  localparam int {}Opcode = {};\n  localparam int {}Bytes = {};\n", Op::kSentence,
                        name, Op::kOpcode, name, encoded_bytes(Op{}));
    int bit = 32;
    for_each_field<Op>([&](const auto& field) {
      text += fmt::format("  localparam int {0}{1}Lsb = {2};\n  localparam int {0}{1}Bits = {3};\n", name,
                          camel(field.name), bit, field.bits);
      bit += field.bits;
    });
  });
  return text + "\nendpackage\n";
}

}  // namespace evenshift::isa
