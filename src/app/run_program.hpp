#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace stockd::app {

/// Runs a program to its end, with its output on our stderr and nothing else of ours; ends it as
/// soon as `told_to_stop` says so. Its exit code, or 128 + signal. Errors: kIo when there is no
/// such program, or it cannot be started.
[[nodiscard]] base::Result<int> run_program(
    const std::filesystem::path& program,
    std::vector<std::string> arguments,
    const std::function<bool()>& told_to_stop
);

}  // namespace stockd::app
