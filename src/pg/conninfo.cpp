#include "pg/conninfo.hpp"

#include "base/secret.hpp"
#include "pg/conninfo_options.hpp"

#include <libpq-fe.h>

#include <cctype>
#include <charconv>
#include <memory>
#include <string_view>

namespace stockd::pg {

namespace {

constexpr unsigned kPortMax = 65535;

base::Error malformed(std::string detail) {
    return {
        base::ErrorCode::kInvalidArgument,
        "the database is given in a form that cannot be read",
        std::move(detail),
        "Write postgresql://user@host:5432/name, or \"host=... dbname=...\".",
        {}};
}

/// libpq quotes what it could not read, which may be a secret, and the signs that it looked for:
/// only these and its kind of complaint are kept, as a sentence.
std::string complaint_of(std::string_view message) {
    std::string out;
    while (!message.empty()) {
        const bool is_sign = message.size() > 2 && message[0] == '"' && message[2] == '"' &&
                             std::string_view{"=:/]"}.find(message[1]) != std::string_view::npos;
        if (!is_sign && (message[0] == '"' || message[0] == ':' || message[0] == '\n')) {
            break;
        }
        const std::size_t length = is_sign ? 3 : 1;
        out += message.substr(0, length);
        message.remove_prefix(length);
    }
    constexpr std::string_view kAfter = " after ";
    if (out.ends_with(kAfter)) {
        out.erase(out.size() - kAfter.size());
    }
    out.erase(out.find_last_not_of(' ') + 1);
    if (out.empty()) {
        return {};
    }
    out.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(out.front())));
    return out + ".";
}

/// Not at the beginning of a host, where it names an abstract socket.
bool has_at_within(std::string_view hosts) {
    for (auto at = hosts.find('@'); at != std::string_view::npos; at = hosts.find('@', at + 1)) {
        if (at > 0 && hosts[at - 1] != ',') {
            return true;
        }
    }
    return false;
}

}  // namespace

bool are_ports(std::string_view text) noexcept {
    while (true) {
        const auto one = text.substr(0, text.find(','));
        unsigned port = 0;
        const auto [end, error] = std::from_chars(one.data(), one.data() + one.size(), port);
        const bool is_port =
            error == std::errc{} && end == one.data() + one.size() && port > 0 && port <= kPortMax;
        if (!one.empty() && !is_port) {
            return false;
        }
        if (one.size() == text.size()) {
            return true;
        }
        text.remove_prefix(one.size() + 1);
    }
}

base::Result<std::vector<std::pair<std::string, std::string>>> parse_conninfo(
    const std::string& text
) {
    char* message = nullptr;
    const ConninfoOptions options{PQconninfoParse(text.c_str(), &message)};
    const std::unique_ptr<char, decltype(&PQfreemem)> owned_message{message, &PQfreemem};
    if (!options) {
        return malformed(complaint_of(message == nullptr ? "" : message));
    }
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr) {
            out.emplace_back(option->keyword, option->val);
            const auto& [key, value] = out.back();
            if (key == "port" && !are_ports(value)) {
                return malformed("The port is no number from 1 to 65535.");
            }
            // The end of a password with an @ of its own would be looked up, and shown, as a host.
            if (key == "host" && has_at_within(value)) {
                return malformed("There is an @ in the host; in a password, @ is written %40.");
            }
        }
    }
    return out;
}

namespace {

constexpr std::string_view kMask = "***";

bool is_password(std::string_view key) {
    return key == "password" || key == "sslpassword";
}

std::string quoted(std::string_view value) {
    std::string out = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out + "'";
}

}  // namespace

std::string mask_conninfo(const std::string& text) {
    if (text.find_first_not_of(" \t") == std::string::npos) {
        return text;
    }
    auto named = parse_conninfo(text);
    if (!named) {
        return std::string{kMask};
    }
    std::string as_keys;
    for (auto& [key, value] : *named) {
        value = is_password(key) && !value.empty() ? kMask : base::mask_secrets(value);
        as_keys += (as_keys.empty() ? "" : " ") + key + "=" + quoted(value);
    }
    // In the form that it was written in, when that says the same and nothing more: text alone does
    // not show where a password with a blank in it ends.
    const bool is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
    if (is_url && text.find_first_of(" \t") != std::string::npos) {
        return as_keys;
    }
    auto masked = base::mask_secrets(text);
    if (const auto again = parse_conninfo(masked); again && *again == *named) {
        return masked;
    }
    return as_keys;
}

}  // namespace stockd::pg
