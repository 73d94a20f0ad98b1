#pragma once

#include "source/options.hpp"

namespace stockd::app {

/// Keeps a follower out of a database whose schema this program cannot work with; the error names
/// the command that mends it. One statement per connection.
[[nodiscard]] source::SchemaCheck schema_check();

}  // namespace stockd::app
