#pragma once

#include "pg/connection.hpp"

#include <functional>

namespace stockd::pg {

/// COPY ... TO STDOUT: `take` gets each row as the server wrote it, until it returns false; the
/// connection is not usable then. The number of rows taken.
[[nodiscard]] base::Result<std::int64_t> copy_out(
    Connection& connection,
    const std::string& copy_sql,
    const std::function<bool(std::string_view)>& take
);

}  // namespace stockd::pg
