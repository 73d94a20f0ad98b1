#include "web/problem.hpp"

#include "web/json.hpp"

#include <utility>

namespace stockd::web {

Problem bad_request(std::string message, std::string hint) {
    return {
        .status = 400,
        .code = base::error_code_name(base::ErrorCode::kInvalidArgument),
        .message = std::move(message),
        .hint = std::move(hint),
        .detail = {},
        .allow = {},
    };
}

Problem to_problem(const base::Error& error) {
    return {
        .status = base::http_status(error.code),
        .code = base::error_code_name(error.code),
        .message = error.message,
        .hint = error.hint,
        .detail = error.detail,
        .allow = {},
    };
}

void append_problem(std::string& out, const Problem& problem) {
    out += R"({"success":false,"error":)";
    append_json(out, problem.message);
    if (problem.code == kInvalidAction) {
        out += '}';
        return;
    }
    out += R"(,"code":)";
    append_json(out, problem.code);
    // The same sentence under the name that clients of the newer answers look for.
    out += R"(,"message":)";
    append_json(out, problem.message);
    out += R"(,"hint":)";
    append_json(out, problem.hint);
    if (!problem.detail.empty()) {
        out += R"(,"detail":)";
        append_json(out, problem.detail);
    }
    out += '}';
}

std::string quoted(std::string_view text) {
    constexpr std::size_t kMax = 100;
    std::string out = "'";
    if (text.size() <= kMax) {
        out += text;
    } else {
        std::size_t end = kMax;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
            --end;
        }
        out += text.substr(0, end);
        out += "...";
    }
    out += '\'';
    return out;
}

}  // namespace stockd::web
