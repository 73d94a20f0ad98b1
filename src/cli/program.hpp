#pragma once

namespace stockd::cli {

/// stockctl from arguments to exit code: parses, runs the chosen command, prints what went wrong.
/// The last place that catches exceptions. Called once, by main.
[[nodiscard]] int run_program(int argc, const char* const* argv);

}  // namespace stockd::cli
