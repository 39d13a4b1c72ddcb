#pragma once

#include <string>

#include "arch/base/error.h"

namespace evenshift::support {

/// The message of the Error that the action throws, "no error" where it throws none.
template <class Action>
std::string error_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace evenshift::support
