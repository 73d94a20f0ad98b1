/// What stockctl is given as a database (-d) and as stockd's address (--server).
#include "cli/command.hpp"
#include "cli/http_client.hpp"
#include "target.hpp"

#include <libpq-fe.h>

#include <memory>

namespace base = stockd::base;
namespace cli = stockd::cli;
namespace fuzz = stockd::fuzz;

namespace {

/// What libpq quotes may hold a password; the sign that it looked for may not.
bool quotes_signs_only(std::string_view text) {
    for (auto at = text.find('"'); at != std::string_view::npos; at = text.find('"', at + 3)) {
        const bool is_sign = text.size() > at + 2 && text[at + 2] == '"' &&
                             std::string_view{"=:/]"}.find(text[at + 1]) != std::string_view::npos;
        if (!is_sign) {
            return false;
        }
    }
    return true;
}

void check_database(std::string_view text) {
    // An argument of a program ends at a NUL, and an empty one is none.
    if (text.empty() || text.find('\0') != std::string_view::npos) {
        return;
    }
    cli::Globals globals;
    globals.database = text;
    const auto info = cli::conninfo(globals);
    if (!info) {
        fuzz::require(info.error().code == base::ErrorCode::kInvalidArgument, "the user's fault");
        fuzz::require(quotes_signs_only(info.error().detail), "nothing that was given is quoted");
        return;
    }
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options{
        PQconninfoParse(info->c_str(), nullptr), &PQconninfoFree};
    fuzz::require(options != nullptr, "what is made of it is libpq's");
    globals.database = *info;
    const auto again = cli::conninfo(globals);
    fuzz::require(info->empty() || (again && *again == *info), "it stays what it became");
    globals.database = text;
    globals.host = "elsewhere";
    const auto moved = cli::conninfo(globals);
    fuzz::require(moved && moved->ends_with("host='elsewhere'"), "--host comes last");
}

void check_server(std::string_view text) {
    const auto client = cli::HttpClient::for_server(text);
    if (!client) {
        fuzz::require(client.error().code == base::ErrorCode::kInvalidArgument, "the user's fault");
        return;
    }
    const auto& server = client->server();
    fuzz::require(server.find_first_of("\r\n\t /?#@") == std::string::npos, "it fits a header");
    fuzz::require(fuzz::is_harmless(server), "it fits a terminal");
    fuzz::require(cli::HttpClient::for_server("http://" + server + "/").has_value(), "it is one");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::text_of(data, size);
    check_database(text);
    check_server(text);
    return 0;
}
