#include "config/load.hpp"

#include "config/settings.hpp"
#include "config/toml.hpp"
#include "config/values.hpp"
#include "pg/conninfo.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <system_error>

namespace stockd::config {

namespace {

constexpr const char* kDescription =
    "stockd keeps an exact copy of an inventory database's stock in memory and serves it over "
    "HTTP.\n"
    "Any client's SQL changes the stock; stockd follows the change feed of schema inventory.";

constexpr const char* kFooter = R"(
Every setting is also a variable (--admin-listen is STOCKD_ADMIN_LISTEN) and a line of the settings
file (admin_listen = "127.0.0.1:8081"). Flags win over variables, variables over the file.

Examples:
  stockd --embedded ./var                      a database of its own, to try things out
  stockd --database-url postgresql:///shop     follow an existing database (run stockctl migrate once)
  stockd --print-config                        what is in force, and nothing else

Signals: TERM and INT finish what is in flight and stop; HUP reads log level, limits and paces again.

EXIT STATUS
  0 stopped as told   1 failed (a port is taken, ...)   2 wrong usage or settings
  11 the private PostgreSQL server does not start or has ended   12 its schema cannot be used
A database that is away, or whose schema stockd cannot work with, does not end stockd: the log and
/ready say what is the matter, and it goes on when that is mended.
)";

struct Flags {
    std::map<std::string, std::string> values;  ///< by the setting's name
    std::string file;
    bool print_config = false;
    std::optional<std::string> print_instead;
};

base::Error invalid(const std::string& message, const std::string& hint = {}) {
    return {base::ErrorCode::kInvalidArgument, message, {}, hint, {}};
}

/// What the first of these, which no flag of ours took, may have meant.
std::string hint_for(const std::vector<std::string>& unknown) {
    std::vector<std::string> known{"--config", "--print-config", "--help", "--version"};
    for (const auto& setting : settings()) {
        known.push_back("--" + setting.name);
    }
    for (const auto& word : unknown) {
        if (word.starts_with("--")) {
            const auto meant = nearest(word.substr(0, word.find('=')), known);
            return meant.empty() ? "stockd --help lists the flags." : "Did you mean " + meant + "?";
        }
    }
    return "stockd --help lists the flags.";
}

/// As happens to --embedded "$DIR" when there is no such variable: no other database is meant.
base::Error no_name(const std::string& flag) {
    return invalid(flag + " is given without a name", "Name what it takes, or leave it out.");
}

base::Result<Flags> parse_flags(const std::vector<std::string>& arguments) {
    Flags flags;
    CLI::App app{kDescription, "stockd"};
    app.footer(kFooter);
    app.set_version_flag(
        "--version", std::string("stockd ") + STOCKD_VERSION, "Print the version and exit"
    );
    app.get_formatter()->column_width(34);
    auto* config = app.add_option(
        "--config", flags.file, "Read this settings file instead of " + std::string(kDefaultFile)
    );
    config->type_name("FILE");
    app.add_flag(
        "--print-config",
        flags.print_config,
        "Print the settings in force, passwords masked, and exit"
    );
    const Options defaults;
    std::map<std::string, CLI::Option*> added;
    for (const auto& setting : settings()) {
        auto* option = app.add_option("--" + setting.name, flags.values[setting.name], setting.help)
                           ->type_name(setting.value)
                           ->group(setting.group);
        if (const auto value = setting.get(defaults); !value.empty()) {
            option->default_str(value);
        }
        added.emplace(setting.name, option);
    }
    auto reversed = arguments;
    std::reverse(reversed.begin(), reversed.end());
    try {
        app.parse(reversed);
    } catch (const CLI::CallForHelp&) {
        flags.print_instead = app.help();
    } catch (const CLI::CallForVersion& version) {
        flags.print_instead = std::string(version.what()) + "\n";
    } catch (const CLI::ExtrasError& error) {
        return invalid(error.what(), hint_for(app.remaining()));
    } catch (const CLI::ParseError& error) {
        return invalid(error.what(), "stockd --help lists the flags.");
    }
    if (config->count() > 0 && flags.file.empty()) {
        return no_name("--config");
    }
    for (const auto& [name, option] : added) {
        if (option->count() == 0) {
            flags.values.erase(name);
        }
    }
    return flags;
}

base::Result<std::string> read_file(const std::string& path) {
    constexpr std::size_t kMost = 1U << 20U;
    std::error_code error;
    const bool is_directory = std::filesystem::is_directory(path, error);
    errno = 0;
    std::ifstream stream{path};
    const int reason = errno;
    std::string text;
    if (!is_directory && stream) {
        // Never more than a byte too many: the name may be that of an endless device.
        text.resize(kMost + 1);
        stream.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(stream.gcount()));
    }
    if (is_directory || stream.bad() || (text.empty() && !stream.eof())) {
        return base::Error{
            base::ErrorCode::kIo,
            "cannot read the file " + path + ": " +
                (is_directory  ? "it is a directory"
                 : reason != 0 ? std::system_category().message(reason)
                               : "it ends with an error"),
            {},
            {},
            {}};
    }
    if (text.size() > kMost) {
        return invalid("the file " + path + " is larger than a settings file can be");
    }
    return text;
}

std::vector<std::string> known_texts(std::string (Setting::*text)() const) {
    std::vector<std::string> known;
    for (const auto& setting : settings()) {
        known.push_back((setting.*text)());
    }
    return known;
}

/// A setting as one source gives it.
struct Given {
    const Setting* setting;
    std::string value;
    std::string where;  ///< for people
};

base::Result<std::vector<Given>> from_file(const std::string& path, bool is_named) {
    std::error_code error;
    // What cannot be looked at is no file that is not there: the settings in it are meant.
    if (!is_named && !std::filesystem::exists(path, error) && !error) {
        return std::vector<Given>{};
    }
    const auto text = read_file(path);
    if (!text) {
        return text.error();
    }
    const auto entries = parse_toml(*text);
    if (!entries) {
        return invalid(path + ": " + entries.error().message);
    }
    std::vector<Given> given;
    for (const auto& entry : *entries) {
        const auto where = path + ": line " + std::to_string(entry.line) + ": ";
        const auto* setting = find_setting(entry.key);
        if (setting == nullptr) {
            const auto meant = nearest(entry.key, known_texts(&Setting::key));
            return invalid(
                where + "there is no setting \"" + entry.key + "\"",
                meant.empty() ? "stockd --print-config lists them." : "Did you mean " + meant + "?"
            );
        }
        given.push_back({setting, entry.value, where + entry.key});
    }
    return given;
}

std::vector<Given> from_environment(const Sources& sources) {
    std::vector<Given> given;
    for (const auto& setting : settings()) {
        const auto value = sources.environment(setting.variable());
        if (value && !value->empty()) {  // as libpq: an empty variable is none
            given.push_back({&setting, *value, setting.variable()});
        }
    }
    return given;
}

base::Result<std::vector<Given>> from_flags(const Flags& flags) {
    std::vector<Given> given;
    for (const auto& setting : settings()) {
        if (const auto flag = flags.values.find(setting.name); flag != flags.values.end()) {
            const auto name = "--" + setting.name;
            if (setting.is_path && flag->second.empty()) {
                return no_name(name);
            }
            given.push_back({&setting, flag->second, name});
        }
    }
    return given;
}

/// The database has three names, and the strongest source that gives one gives it alone.
base::Result<void> forget_other_database(const std::vector<Given>& source, Options& options) {
    constexpr std::array<std::string_view, 3> kNames{
        "database-url", "database-url-file", "embedded"};
    const Given* named = nullptr;
    bool is_given = false;
    bool has_sample = false;
    for (const auto& one : source) {
        has_sample = has_sample || one.setting->name == "sample";
        if (std::find(kNames.begin(), kNames.end(), one.setting->name) == kNames.end()) {
            continue;
        }
        is_given = true;
        if (one.value.empty()) {
            continue;
        }
        if (named != nullptr) {
            return invalid(
                named->where + " and " + one.where + " cannot both be set",
                "The database is named by one of database-url, database-url-file and embedded; a "
                "private cluster is its own database."
            );
        }
        named = &one;
    }
    if (is_given) {
        options.database_url.clear();
        options.database_url_file.clear();
        options.embedded.clear();
    }
    if (named != nullptr && named->setting->name != "embedded" && !has_sample) {
        options.sample.clear();
    }
    return {};
}

/// Over what weaker sources have set.
base::Result<void> apply(const base::Result<std::vector<Given>>& source, Options& options) {
    if (!source) {
        return source.error();
    }
    if (auto done = forget_other_database(*source, options); !done) {
        return done.error();
    }
    for (const auto& one : *source) {
        if (const auto done = one.setting->set(options, one.value); !done) {
            return invalid(one.where + ": " + done.error().message);
        }
    }
    return {};
}

std::vector<std::string> warn_of(const std::vector<std::string>& variables) {
    std::vector<std::string> warnings;
    const auto known = known_texts(&Setting::variable);
    for (const auto& name : variables) {
        if (name.starts_with("STOCKD_") &&
            std::find(known.begin(), known.end(), name) == known.end()) {
            if (const auto meant = nearest(name, known); !meant.empty()) {
                auto& warning = warnings.emplace_back("There is no variable ");
                warning.append(name).append("; did you mean ").append(meant).append("?");
            }
        }
    }
    return warnings;
}

/// What no single setting can see.
base::Result<void> finish(Options& options) {
    if (!options.database_url_file.empty()) {
        auto text = read_file(options.database_url_file);
        if (!text) {
            return text.error();
        }
        options.database_url = text->substr(0, text->find_first_of("\r\n"));
        // Nothing would mean psql's defaults, which may well name another database.
        if (options.database_url.find_first_not_of(" \t") == std::string::npos) {
            return invalid(
                "the first line of the file " + options.database_url_file + " is empty",
                "Write the database URL into it."
            );
        }
    }
    if (const auto endpoint = parse_endpoint(options.listen);
        options.listen == options.admin_listen && endpoint && endpoint->port != 0) {
        return invalid(
            "listen and admin_listen are both " + options.listen,
            "The admin server needs an address of its own: give one of them another port."
        );
    }
    if (!options.sample.empty() && options.embedded.empty()) {
        return invalid(
            "sample is for a private cluster only", "Add --embedded DIR, or use stockctl import."
        );
    }
    return {};
}

}  // namespace

Sources sources_of_process(int argc, const char* const* argv) {
    Sources sources;
    sources.arguments.assign(argv + std::min(argc, 1), argv + argc);
    sources.environment = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
        return value == nullptr ? std::nullopt : std::optional<std::string>{value};
    };
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text{*entry};
        sources.variables.emplace_back(text.substr(0, text.find('=')));
    }
    return sources;
}

base::Result<Command> load(const Sources& sources) {
    auto flags = parse_flags(sources.arguments);
    if (!flags) {
        return flags.error();
    }
    Command command;
    if (flags->print_instead) {
        command.print_instead = flags->print_instead;
        return command;
    }
    if (flags->file.empty()) {
        flags->file = sources.environment("STOCKD_CONFIG").value_or("");
    }
    const bool is_named = !flags->file.empty();
    const auto& path = is_named ? flags->file : sources.default_file;
    for (const auto& source :
         {from_file(path, is_named),
          base::Result<std::vector<Given>>{from_environment(sources)},
          from_flags(*flags)}) {
        if (auto done = apply(source, command.options); !done) {
            return done.error();
        }
    }
    if (auto done = finish(command.options); !done) {
        return done.error();
    }
    command.warnings = warn_of(sources.variables);
    if (flags->print_config) {
        command.print_instead = print(command.options);
    }
    return command;
}

std::string print(const Options& options) {
    std::string text;
    std::string group;
    for (const auto& setting : settings()) {
        if (setting.group != group) {
            group = setting.group;
            text += (text.empty() ? "# " : "\n# ") + group + "\n";
        }
        const auto value = setting.get(options);
        text += setting.key() + " = " +
                quote_toml(setting.is_secret ? pg::mask_conninfo(value) : value) + "\n";
    }
    return text;
}

Options take_live(
    const Options& running, const Options& reread, std::vector<std::string>& ignored
) {
    Options taken = running;
    for (const auto& setting : settings()) {
        const auto value = setting.get(reread);
        if (value == setting.get(running)) {
            continue;
        }
        if (!setting.is_live || !setting.set(taken, value)) {
            ignored.push_back(setting.name);
        }
    }
    return taken;
}

}  // namespace stockd::config
