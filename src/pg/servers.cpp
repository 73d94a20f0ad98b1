#include "pg/servers.hpp"

#include "pg/conninfo_options.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace stockd::pg {

namespace {

using Options = std::map<std::string, std::string>;

void add(PQconninfoOption* raw, Options* to) {
    const ConninfoOptions options{raw};
    for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr;
         ++option) {
        if (option->val != nullptr && *option->val != '\0') {
            (*to)[option->keyword] = option->val;
        }
    }
}

Options defaults() {
    Options options;
    add(PQconndefaults(), &options);
    return options;
}

/// What the string says over what the environment says. A service that the string names is not
/// looked up.
Options options_of(const std::string& conninfo) {
    auto options = defaults();
    add(PQconninfoParse(conninfo.c_str(), nullptr), &options);
    return options;
}

std::vector<std::string> entries_of(const std::string& list) {
    std::vector<std::string> entries;
    std::size_t begin = 0;
    while (!list.empty()) {
        const auto comma = list.find(',', begin);
        entries.push_back(list.substr(begin, comma - begin));
        if (comma == std::string::npos) {
            break;
        }
        begin = comma + 1;
    }
    return entries;
}

bool fits(const std::vector<std::string>& entries, std::size_t count, bool one_for_all) {
    return entries.empty() || entries.size() == count || (one_for_all && entries.size() == 1);
}

}  // namespace

std::vector<Server> servers_of(const std::string& conninfo) {
    auto options = options_of(conninfo);
    const auto hosts = entries_of(options["host"]);
    const auto addresses = entries_of(options["hostaddr"]);
    const auto ports = entries_of(options["port"]);
    const auto count = std::max(hosts.size(), addresses.size());
    if (count < 2 || !fits(hosts, count, false) || !fits(addresses, count, false) ||
        !fits(ports, count, true)) {
        return {};
    }
    const auto default_port = defaults()["port"];
    std::vector<Server> servers;
    for (std::size_t i = 0; i < count; ++i) {
        Server server;
        server.host = hosts.empty() ? "" : hosts[i];
        server.hostaddr = addresses.empty() ? "" : addresses[i];
        server.port = ports.empty() ? "" : ports.size() == 1 ? ports[0] : ports[i];
        if (server.port.empty()) {
            server.port = default_port;
        }
        const bool all_named = (hosts.empty() || !server.host.empty()) &&
                               (addresses.empty() || !server.hostaddr.empty());
        if (!all_named) {
            return {};
        }
        servers.push_back(std::move(server));
    }
    return servers;
}

std::chrono::seconds connect_timeout_of(const std::string& conninfo) {
    const auto text = options_of(conninfo)["connect_timeout"];
    int seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    constexpr int kLeast = 2;
    return std::chrono::seconds{seconds > 0 ? std::max(seconds, kLeast) : 0};
}

base::SteadyTime share_of(
    base::SteadyTime now, base::SteadyTime deadline, std::size_t left, std::chrono::seconds limit
) {
    const auto share = now + (deadline - now) / static_cast<std::int64_t>(left);
    return limit.count() > 0 ? std::min(share, now + limit) : share;
}

}  // namespace stockd::pg
