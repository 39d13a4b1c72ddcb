#pragma once

namespace evenshift::cli {

/// From here on SIGINT, SIGTERM and SIGHUP end the program with one sentence, no temporary file left behind, and status
/// 128 + the signal.
void handle_interruptions();

}  // namespace evenshift::cli
