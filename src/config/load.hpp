#pragma once

#include "base/result.hpp"
#include "config/options.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace stockd::config {

inline constexpr const char* kDefaultFile = "/etc/stockd/stockd.toml";

/// What the command line asked for.
struct Command {
    Options options;
    /// What to print on stdout instead of running: help, version, or the settings in force.
    std::optional<std::string> print_instead;
    /// Not errors, but probably not meant: for the log.
    std::vector<std::string> warnings;
};

/// Where settings come from, in falling precedence: flags, environment, file. The three names of
/// the database (URL, file with it, private cluster) are one setting in this: a source that gives
/// one takes the others' from weaker sources away, and a source that gives two is an error.
/// `environment` gives a variable's value; tests give their own.
struct Sources {
    std::vector<std::string> arguments;  ///< without the program's name
    std::function<std::optional<std::string>(const std::string&)> environment;
    /// Names of all variables, for typing errors in them.
    std::vector<std::string> variables;
    std::string default_file = kDefaultFile;
};

[[nodiscard]] Sources sources_of_process(int argc, const char* const* argv);

/// Reads all sources. Also at SIGHUP. Errors: kInvalidArgument naming the flag, variable or file
/// and line; kIo for a file that is there, or named, and cannot be read.
[[nodiscard]] base::Result<Command> load(const Sources& sources);

/// The settings in force as a settings file, passwords masked.
[[nodiscard]] std::string print(const Options& options);

/// `running`, with the live settings of `reread`. Names of settings that differ but need a restart
/// go to `ignored`.
[[nodiscard]] Options take_live(
    const Options& running, const Options& reread, std::vector<std::string>& ignored
);

}  // namespace stockd::config
