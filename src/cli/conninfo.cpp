#include "cli/command.hpp"

#include <cstdlib>
#include <memory>

namespace stockd::cli {

namespace {

struct OptionsDeleter {
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};

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

base::Error malformed(const char* libpq_message, const std::string& given) {
    // libpq quotes what it could not read, which may hold a password: only its kind of complaint is
    // kept.
    const std::string reason = libpq_message == nullptr ? "" : libpq_message;
    const auto quote = reason.find_first_of("\":");
    return {
        base::ErrorCode::kInvalidArgument,
        "the database is given in a form that cannot be read" +
            (given.empty() ? std::string{} : " (" + given + ")"),
        reason.substr(0, quote),
        "Write a name, postgresql://user@host:5432/name, or \"host=... dbname=...\".",
        {}};
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
        char* message = nullptr;
        const std::unique_ptr<PQconninfoOption, OptionsDeleter> options{
            PQconninfoParse(given.c_str(), &message)};
        const std::unique_ptr<char, decltype(&PQfreemem)> owned_message{message, &PQfreemem};
        if (!options) {
            return malformed(message, origin);
        }
        for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
            if (option->val != nullptr) {
                append(out, option->keyword, option->val);
            }
        }
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
