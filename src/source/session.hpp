#pragma once

#include "source/options.hpp"

#include <string>

namespace stockd::source {

/// What a connection that drains, one that loads, or one that makes months is set to after
/// connecting.
[[nodiscard]] std::string d_settings(const SourceOptions& options);
[[nodiscard]] std::string load_settings(const SourceOptions& options);
[[nodiscard]] std::string months_settings();

}  // namespace stockd::source
