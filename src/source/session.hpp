#pragma once

#include "source/options.hpp"

#include <string>

namespace stockd::source {

/// What a connection that drains, or one that loads, is set to after connecting.
[[nodiscard]] std::string d_settings(const SourceOptions& options);
[[nodiscard]] std::string load_settings(const SourceOptions& options);

}  // namespace stockd::source
