#include "web/api_request.hpp"

#include <boost/json.hpp>

namespace stockd::web {

namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 8;

bool is_space(char c) {
    return c == ' ' || c == '\t';
}

/// Without parameters ("; charset=utf-8") and in lower case.
std::string essence_of(std::string_view media_type) {
    media_type = media_type.substr(0, media_type.find(';'));
    while (!media_type.empty() && is_space(media_type.back())) {
        media_type.remove_suffix(1);
    }
    std::string out;
    for (const char c : media_type) {
        out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

Problem invalid_action() {
    return {
        .status = 400,
        .code = kInvalidAction,
        .message = "Invalid action. Use 'refresh' or 'clear'",
        .hint = {},
        .detail = {},
        .allow = {},
    };
}

Problem not_an_action(std::string message) {
    return bad_request(std::move(message), R"(Send {"action": "refresh"} or {"action": "clear"}.)");
}

/// How many members the outermost object has, those that repeat a name included, of which the
/// parser keeps one. REQUIRES: `json` is JSON.
std::size_t count_members(std::string_view json) {
    std::size_t count = 0;
    std::size_t depth = 0;
    bool is_text = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (is_text) {
            i += c == '\\' ? 1U : 0U;
            is_text = c != '"';
        } else if (c == '"') {
            is_text = true;
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if (c == '}' || c == ']') {
            --depth;
        } else if (c == ':' && depth == 1) {
            ++count;
        }
    }
    return count;
}

}  // namespace

std::optional<Problem> refuse_foreign_page(std::string_view origin, std::string_view host) {
    // Behind a proxy that ends TLS the scheme differs, so only the authority counts.
    const auto scheme = origin.find("://");
    if (origin.empty() || (scheme != std::string_view::npos && origin.substr(scheme + 3) == host)) {
        return std::nullopt;
    }
    return Problem{
        .status = 403,
        .code = "foreign_origin",
        .message = "A page of another origin may not act here",
        .hint = "Send the request from a program, or from a page that this address serves.",
        .detail = {},
        .allow = {},
    };
}

std::optional<Problem> parse_action(
    std::string_view media_type, std::string_view body, CacheAction& out
) {
    // Browsers label a string body of fetch() as text/plain, curl -d as a form, and many scripts
    // label nothing.
    const std::string essence = essence_of(media_type);
    const bool may_be_json = essence.empty() || essence == "application/json" ||
                             essence == "text/plain" ||
                             essence == "application/x-www-form-urlencoded";
    if (!may_be_json) {
        return Problem{
            .status = 415,
            .code = "unsupported_media_type",
            .message = "The body is not JSON by its Content-Type",
            .hint = "Send Content-Type: application/json.",
            .detail = {},
            .allow = {},
        };
    }
    json::error_code error;
    json::parse_options options;
    options.max_depth = kDepthMax;
    const json::value value = json::parse(body, error, {}, options);
    if (error) {
        return not_an_action("The body is not JSON: " + error.message());
    }
    const json::object* const object = value.if_object();
    if (object == nullptr) {
        return not_an_action("The body is not a JSON object");
    }
    for (const auto& member : *object) {
        if (member.key() != "action") {
            return not_an_action(
                "Unknown member " +
                quoted(std::string_view{member.key().data(), member.key().size()})
            );
        }
    }
    if (count_members(body) != object->size()) {
        return not_an_action("A member is given twice");
    }
    const json::value* const action = object->if_contains("action");
    const json::string* const text = action == nullptr ? nullptr : action->if_string();
    if (text == nullptr || (*text != "refresh" && *text != "clear")) {
        return invalid_action();
    }
    out = *text == "refresh" ? CacheAction::kRefresh : CacheAction::kClear;
    return std::nullopt;
}

}  // namespace stockd::web
