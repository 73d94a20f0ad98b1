#include "pg/conninfo.hpp"

#include "cli/command.hpp"

#include <cstdlib>

namespace stockd::cli {

namespace {

void append(std::string& out, std::string_view key, std::string_view value) {
    if (!out.empty()) {
        out += ' ';
    }
    out.append(key);
    out += "='";
    for (const char c : value) {
        if (c == '\'' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    out += '\'';
}

bool is_plain_name(std::string_view text) {
    return text.find('=') == std::string_view::npos && !text.starts_with("postgres://") &&
           !text.starts_with("postgresql://");
}

}  // namespace

base::Result<std::string> conninfo(const Globals& globals) {
    std::string given = globals.database;
    std::string origin = "option -d";
    if (given.empty()) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread, and nobody sets the environment.
        if (const char* url = std::getenv("STOCKD_DATABASE_URL"); url != nullptr) {
            given = url;
            origin = "environment variable STOCKD_DATABASE_URL";
        }
    }
    std::string out;
    if (!given.empty() && is_plain_name(given)) {
        append(out, "dbname", given);
    } else if (!given.empty()) {
        const auto named = pg::parse_conninfo(given);
        if (!named) {
            auto error = named.error();
            error.message += " (" + origin + ")";
            return error;
        }
        for (const auto& [key, value] : *named) {
            append(out, key, value);
        }
    }
    if (!globals.port.empty() && !pg::are_ports(globals.port)) {
        return base::Error{
            base::ErrorCode::kInvalidArgument,
            "the port of the database is no number from 1 to 65535",
            {},
            "Name it with -p.",
            {}};
    }
    // A later key wins in libpq.
    for (const auto& [key, value] : {
             std::pair{"host", globals.host},
             {"port", globals.port},
             {"user", globals.user},
         }) {
        if (!value.empty()) {
            append(out, key, value);
        }
    }
    return out;
}

base::Result<pg::Connection> connect(const Globals& globals) {
    const auto info = conninfo(globals);
    if (!info) {
        return info.error();
    }
    auto connection = pg::Connection::connect(*info, "stockctl");
    if (!connection) {
        return with_database_hint(connection.error());
    }
    return connection;
}

base::Error with_database_hint(base::Error error) {
    if (error.hint.empty()) {
        error.hint =
            "The database is taken from -d, --host, -p and -U, from STOCKD_DATABASE_URL, or from "
            "psql's PGHOST, PGPORT, PGUSER and PGDATABASE.";
    }
    return error;
}

}  // namespace stockd::cli
