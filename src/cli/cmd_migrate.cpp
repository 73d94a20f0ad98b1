#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "migrate/bookkeeping.hpp"
#include "migrate/migrate.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <map>
#include <memory>

namespace stockd::cli {

namespace {

namespace json = boost::json;

struct MigrateOptions {
    bool dry_run = false;
    bool status = false;
    bool roles_only = false;
    double timeout_s = 60;
};

json::array to_array(const std::vector<std::string>& texts) {
    json::array out;
    for (const auto& text : texts) {
        out.emplace_back(text);
    }
    return out;
}

void say_warnings(const Globals& globals, const std::vector<std::string>& warnings) {
    for (const auto& warning : warnings) {
        print_err(globals.quiet ? "" : "Warning: " + warning + "\n");
    }
}

std::vector<std::string> paths_of(const migrate::Plan& plan) {
    std::vector<std::string> paths;
    for (const auto* file : plan.migrations) {
        paths.push_back(file->path);
    }
    for (const auto* file : plan.repeatables) {
        paths.push_back(file->path);
    }
    return paths;
}

int dry_run(const Globals& globals, pg::Connection& connection) {
    const auto plan = migrate::plan(connection);
    if (!plan) {
        return fail(globals, plan.error());
    }
    const auto paths = paths_of(*plan);
    say_warnings(globals, plan->warnings);
    if (globals.json) {
        print_out(
            json::serialize(json::object{
                {"dryRun", true},
                {"wouldApply", to_array(paths)},
                {"warnings", to_array(plan->warnings)}}) +
            "\n"
        );
        return kExitOk;
    }
    for (const auto& path : paths) {
        print_out("would apply db/" + path + "\n");
    }
    if (paths.empty()) {
        print_err("Nothing to do: the schema is up to date.\n");
    }
    return kExitOk;
}

struct StatusLine {
    std::string path;
    std::string state;
    std::string applied_at;
};

/// Every file of this program and every row of the database, whether they agree or not.
std::vector<StatusLine> status_lines(
    const migrate::SchemaFiles& files, const migrate::Applied& applied
) {
    std::vector<StatusLine> lines;
    std::map<int, const migrate::AppliedMigration*> migrations;
    for (const auto& row : applied.migrations) {
        migrations.emplace(row.number, &row);
    }
    for (const auto& file : files.migrations) {
        const auto found = migrations.find(file.number);
        if (found == migrations.end()) {
            lines.push_back({file.path, "missing", ""});
            continue;
        }
        const bool is_same =
            found->second->checksum == file.checksum && found->second->name == file.name;
        lines.push_back({file.path, is_same ? "applied" : "edited", found->second->applied_at});
        migrations.erase(found);
    }
    for (const auto& [number, row] : migrations) {
        lines.push_back(
            {"migrations/" + row->name + ".sql",
             row->is_breaking ? "newer, breaking" : "newer",
             row->applied_at}
        );
    }
    std::map<std::string, const migrate::AppliedRepeatable*> repeatables;
    for (const auto& row : applied.repeatables) {
        repeatables.emplace(row.path, &row);
    }
    for (const auto& file : files.repeatables) {
        const auto found = repeatables.find(file.path);
        if (found == repeatables.end()) {
            lines.push_back({file.path, "missing", ""});
            continue;
        }
        lines.push_back(
            {file.path,
             found->second->checksum == file.checksum ? "applied" : "changed",
             found->second->applied_at}
        );
        repeatables.erase(found);
    }
    for (const auto& [path, row] : repeatables) {
        lines.push_back({path, "not in this program", row->applied_at});
    }
    return lines;
}

int status(const Globals& globals, pg::Connection& connection) {
    const auto& files = migrate::embedded_schema();
    const auto applied = migrate::read_applied(connection);
    if (!applied) {
        return fail(globals, applied.error());
    }
    const auto lines = status_lines(files, *applied);
    const auto state = migrate::check(connection);
    if (globals.json) {
        json::array rows;
        for (const auto& line : lines) {
            rows.push_back(json::object{
                {"path", line.path},
                {"state", line.state},
                {"appliedAt",
                 line.applied_at.empty() ? json::value(nullptr) : json::value(line.applied_at)}});
        }
        print_out(
            json::serialize(json::object{
                {"version", files.program_version},
                {"databaseNumber", applied->newest()},
                {"programNumber", files.newest()},
                {"usable", state.has_value()},
                {"files", rows}}) +
            "\n"
        );
    } else {
        Table table({{"FILE"}, {"STATE"}, {"APPLIED AT"}});
        for (const auto& line : lines) {
            table.add({line.path, line.state, line.applied_at});
        }
        print_out(table.render());
    }
    if (!state) {
        return fail(globals, state.error());
    }
    say_warnings(globals, state->warnings);
    return kExitOk;
}

int apply(const Globals& globals, pg::Connection& connection, const MigrateOptions& options) {
    migrate::Options how;
    how.lock_timeout =
        std::chrono::milliseconds(static_cast<std::int64_t>(options.timeout_s * 1000));
    how.on_file = [&](const std::string& path) {
        print_err(globals.quiet ? "" : "applying db/" + path + "\n");
    };
    const auto report = migrate::run(connection, how);
    if (!report) {
        return fail(globals, report.error());
    }
    say_warnings(globals, report->warnings);
    if (globals.json) {
        print_out(
            json::serialize(json::object{
                {"applied", to_array(report->applied)},
                {"number", report->number},
                {"warnings", to_array(report->warnings)}}) +
            "\n"
        );
    } else if (!globals.quiet) {
        print_err(
            report->applied.empty()
                ? "Nothing to do: the schema is up to date.\n"
                : "Applied " + std::to_string(report->applied.size()) + " files.\n"
        );
    }
    return kExitOk;
}

int run_migrate(const Globals& globals, const MigrateOptions& options) {
    auto connection = connect(globals);
    if (!connection) {
        return fail(globals, connection.error());
    }
    if (options.status) {
        return status(globals, *connection);
    }
    if (options.dry_run) {
        return dry_run(globals, *connection);
    }
    if (options.roles_only) {
        const auto done = migrate::ensure_roles(*connection);
        return done ? kExitOk : fail(globals, done.error());
    }
    return apply(globals, *connection, options);
}

}  // namespace

void add_migrate(Registration& to) {
    auto options = std::make_shared<MigrateOptions>();
    auto* sub = add_subcommand(
        to,
        "migrate",
        "Install the schema inventory into a database, or bring it up to date",
        "  stockctl migrate -d shop              apply what is missing, each file in a "
        "transaction\n"
        "  stockctl migrate -d shop --dry-run    only say what would be applied\n"
        "  stockctl migrate -d shop --status     list every file and its state\n"
        "\n"
        "Needs a login with CREATEROLE and with CREATE on the database; no superuser, no "
        "extension. Any number may run at\n"
        "once: one works, the others wait for it and find nothing to do.\n",
        {"1    failed; the message names the file, line and statement, and that file left nothing "
         "behind",
         "12   the schema cannot be migrated by this program (too new, edited, a gap), or "
         "--status: it is not up to date"}
    );
    auto* dry = sub->add_flag(
        "--dry-run,-n", options->dry_run, "Change nothing; print what would be applied"
    );
    auto* list = sub->add_flag(
        "--status", options->status, "Change nothing; print every file and its state"
    );
    sub->add_flag(
           "--roles-only",
           options->roles_only,
           "Only make the roles, before a dump is restored into another cluster"
    )
        ->excludes(dry)
        ->excludes(list);
    list->excludes(dry);
    sub->add_option(
           "--timeout", options->timeout_s, "Seconds to wait while another program migrates"
    )
        ->check(CLI::Range(0.0, 86400.0))
        ->capture_default_str();
    sub->callback([options, &globals = to.globals, &selected = to.selected] {
        selected = [options, &globals] { return run_migrate(globals, *options); };
    });
}

}  // namespace stockd::cli
