#pragma once

#include <string>

#include "arch/isa/commands.h"

namespace evenshift::isa {

/// One line: "conv layer=3 wait=load signal=store input_address=0x… …", fields in the order of the command's table.
std::string disassemble(const Command& command);

/// The command reference as Markdown, the C header for firmware and the SystemVerilog package, each made from the
/// table. Checked in under docs/ and rtl/; a test keeps them fresh.
std::string command_reference_markdown();
std::string command_c_header();
std::string command_sv_package();

}  // namespace evenshift::isa
