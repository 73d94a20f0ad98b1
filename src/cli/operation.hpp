#pragma once

#include "cli/command.hpp"
#include "pg/connection.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Calls an operation of the engine (docs/reference/operations.md) and shows its answer.
namespace stockd::cli {

struct OperationCall {
    std::string function;  ///< name in the schema inventory; never from the user
    /// Arguments by name; nullopt is left to the function's default.
    std::vector<std::pair<std::string_view, pg::Param>> arguments;
    bool is_dry_run = false;  ///< the answer is shown, and everything rolled back
};

/// Returns the exit code: 0 done (also when it had been done before), 1 refused.
[[nodiscard]] int run_operation(const Globals& globals, const OperationCall& call);

/// Unlikely to be anybody else's: names a request of this program. 32 hexadecimal digits.
[[nodiscard]] std::string random_key();

}  // namespace stockd::cli
