#include "web/host_rule.hpp"

#include "base/utf8.hpp"
#include "web/query.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <utility>

namespace stockd::web {

namespace {

std::string lower(std::string_view text) {
    std::string out{text};
    for (auto& c : out) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

std::string_view without_port(std::string_view host) {
    const auto colon = host.rfind(':');
    const auto bracket = host.rfind(']');
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon);
    return has_port ? host.substr(0, colon) : host;
}

bool is_address(std::string_view name) {
    if (name.size() > 2 && name.front() == '[' && name.back() == ']') {
        name = name.substr(1, name.size() - 2);
    }
    boost::system::error_code error;
    boost::asio::ip::make_address(std::string{name}, error);
    return !error;
}

}  // namespace

HostRule::HostRule(std::vector<std::string> names) {
    if (std::find(names.begin(), names.end(), "*") != names.end()) {
        return;
    }
    names_.emplace_back("localhost");
    for (const auto& name : names) {
        names_.push_back(lower(name));
    }
}

bool HostRule::allows(std::string_view host) const {
    if (names_.empty() || host.empty()) {
        return true;
    }
    const auto name = lower(without_port(host));
    return std::find(names_.begin(), names_.end(), name) != names_.end() || is_address(name);
}

Problem unknown_host(std::string_view host) {
    return {
        .status = 403,
        .code = "unknown_host",
        .message = "This server is not known as " +
                   (base::is_utf8(host) ? quoted(host) : std::string{"that (not UTF-8)"}),
        .hint =
            "It listens on this machine's own address, so it answers to localhost, to addresses, "
            "and to the names in the setting allowed_hosts: list there what a proxy passes on.",
        .detail = {},
        .allow = {},
    };
}

std::vector<std::string> split_names(std::string_view text) {
    std::vector<std::string> names;
    std::string name;
    for (const char c : text) {
        if (c != ',') {
            if (c != ' ') {
                name += c;
            }
        } else if (!name.empty()) {
            names.push_back(std::exchange(name, {}));
        }
    }
    if (!name.empty()) {
        names.push_back(std::move(name));
    }
    return names;
}

}  // namespace stockd::web
