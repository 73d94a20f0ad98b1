#pragma once

#include "cli/command.hpp"

namespace stockd::cli {

void add_migrate(Registration& to);

}  // namespace stockd::cli
