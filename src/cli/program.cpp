#include "cli/program.hpp"

#include "cli/command.hpp"
#include "cli/output.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace stockd::cli {

namespace {

constexpr const char* kExamples = R"(
Examples:
  stockctl migrate -d shop                 install or update the schema
  stockctl status                          is everything following?
  stockctl get 85123A                      stock of one product
  stockctl watch                           every change, as it happens
  stockctl verify && echo exact            ledger = stock = cache?

The database is given by -d, --host, -p, -U, or STOCKD_DATABASE_URL, or psql's PG* environment variables and ~/.pgpass.
"stockctl COMMAND --help" explains a command.

EXIT STATUS
  0    done
  1    failed, or a difference was found
  2    wrong usage
  3    done in part
  10   stockd cannot be reached
  11   the database cannot be reached
  12   the database's schema is too old or too new for this program
  13   stockd follows another database
  130  interrupted (Ctrl-C)
)";

void add_globals(CLI::App& app, Globals& globals) {
    const std::string group = "Options of every command";
    app.add_option(
           "-d,--dbname,--database-url",
           globals.database,
           "Database: a name, a URL or key=value pairs"
    )
        ->group(group)
        ->type_name("DB");
    app.add_option("--host", globals.host, "Database host or socket directory")
        ->group(group)
        ->type_name("HOST");
    app.add_option("-p,--port", globals.port, "Database port")->group(group)->type_name("PORT");
    app.add_option("-U,--username", globals.user, "Database user")->group(group)->type_name("USER");
    app.add_option("--server", globals.server, "Address of stockd")
        ->envname("STOCKCTL_SERVER")
        ->group(group)
        ->type_name("URL")
        ->capture_default_str();
    app.add_flag("--json", globals.json, "Print JSON (the fields are stable)")->group(group);
    app.add_flag("-q,--quiet", globals.quiet, "Say nothing on stderr but errors")->group(group);
}

/// The first word that no command knew, and the first option.
std::string unknown_word(const CLI::App& app, bool is_option) {
    for (const auto& word : app.remaining(true)) {
        if (word.starts_with('-') == is_option) {
            return word.substr(0, is_option ? word.find('=') : word.npos);
        }
    }
    return {};
}

/// What the parser could not read, in a sentence; its own, where that says it.
std::string sentence_of(const CLI::ParseError& error, const CLI::App& app) {
    const bool is_missing = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
    // What is missing may be what it was meant to give.
    if (const auto option = unknown_word(app, true); is_missing && !option.empty()) {
        return "There is no option " + printable(option);
    }
    const auto chosen = app.get_subcommands();
    const auto kinds = chosen.empty() ? std::vector<const CLI::App*>{}
                                      : std::as_const(*chosen.front()).get_subcommands({});
    if (!is_missing || kinds.empty() || !chosen.front()->get_subcommands().empty()) {
        return error.what();
    }
    const auto word = unknown_word(app, false);
    std::string names;
    for (const auto* kind : kinds) {
        names += (names.empty() ? "" : kind == kinds.back() ? " or " : ", ") + kind->get_name();
    }
    return "stockctl " + chosen.front()->get_name() + " takes " + names +
           (word.empty() ? "" : ", not \"" + printable(word) + "\"");
}

int parse_and_run(int argc, const char* const* argv) {
    Globals globals;
    std::function<int()> selected;
    CLI::App app{"stockctl: the stock of every shop, exact, from the command line.", "stockctl"};
    app.set_version_flag("--version", "stockctl " STOCKD_VERSION);
    app.footer(kExamples);
    app.require_subcommand(0, 1);
    app.get_formatter()->column_width(34);
    add_globals(app, globals);
    Registration registration{app, globals, selected};
    for (const auto& add : command_table()) {
        add(registration);
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // Help and version come this way too, with 0.
        const bool is_wrong = error.get_exit_code() != 0;
        if (is_wrong && std::find(argv, argv + argc, std::string_view("--json")) != argv + argc) {
            globals.json = true;  // what was wrong may stand before it
            return fail(
                globals,
                {base::ErrorCode::kInvalidArgument,
                 sentence_of(error, app),
                 {},
                 "See stockctl --help.",
                 {}},
                kExitUsage
            );
        }
        if (const auto sentence = sentence_of(error, app); is_wrong && sentence != error.what()) {
            print_err(sentence + ".\nRun with --help for more information.\n");
            return kExitUsage;
        }
        return app.exit(error) == 0 ? kExitOk : kExitUsage;
    }
    if (!selected) {
        print_err(app.help());
        return kExitUsage;
    }
    return selected();
}

}  // namespace

CLI::App* add_subcommand(
    Registration& to,
    const std::string& name,
    const std::string& description,
    const std::string& examples,
    const std::vector<std::string>& exit_status
) {
    auto* sub = to.app.add_subcommand(name, description);
    sub->fallthrough();
    std::vector<std::string> codes = exit_status;
    codes.insert(
        codes.end(), {"0    done", "2    wrong usage", "11   the database cannot be reached"}
    );
    std::sort(codes.begin(), codes.end(), [](const std::string& left, const std::string& right) {
        return std::strtol(left.c_str(), nullptr, 10) < std::strtol(right.c_str(), nullptr, 10);
    });
    std::string footer = "\nExamples:\n" + examples;
    footer += "\nOptions of every command (-d, --json, ...): stockctl --help\n\nEXIT STATUS\n";
    for (const auto& line : codes) {
        footer += "  " + line + "\n";
    }
    sub->footer(footer);
    return sub;
}

int run_program(int argc, const char* const* argv) {
    // A closed pipe (| head) and a lost connection are answers of write(), not the end of the
    // process.
    (void)std::signal(SIGPIPE, SIG_IGN);
    try {
        return parse_and_run(argc, argv);
    } catch (const std::exception& error) {
        print_err(std::string("stockctl: ") + error.what() + "\n");
        return kExitFailed;
    }
}

}  // namespace stockd::cli
