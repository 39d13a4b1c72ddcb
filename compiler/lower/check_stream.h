#pragma once

#include "arch/image/image.h"

namespace evenshift::compiler {

/// Proves that the command stream of an image means the same on the machine, where three units run side by side, as one
/// command after the other. Throws InternalError, whose sentence names the command, or both of them, unless
///
///  - every command passes isa::command_fault, and a conv that continues stands next to the conv that it continues, of
///    the same size, with nothing left unfinished;
///  - each wait has its token: the counter of a pair of units is first in, first out, so the i-th wait of a pair takes
///    the token of its i-th signal; that signal stands earlier in the stream, and no token is left over. Commands are
///    fetched in order, so whatever the queues hold, the first command that has not ended is at the head of its queue
///    and everything that it waits for has ended: the stream cannot deadlock;
///  - of two commands of which one writes bytes that the other reads or writes (isa::footprint, in DRAM and
///  scratchpad),
///    the later one in the stream starts after the earlier one has ended: by the order within a unit, or by tokens,
///    followed through all units with vector clocks;
///  - every byte that a command reads has been written before: by a command, or, in DRAM, as constant or input tensor.
///
/// Takes time in proportion to the commands and the rows that they touch.
void check_stream(const image::Image& image);

}  // namespace evenshift::compiler
