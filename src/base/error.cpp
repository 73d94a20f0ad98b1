#include "base/error.hpp"

#include <ostream>

namespace stockd::base {

std::string_view error_code_name(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::kInvalidArgument:
            return "invalid_argument";
        case ErrorCode::kNotFound:
            return "not_found";
        case ErrorCode::kConflict:
            return "conflict";
        case ErrorCode::kPermissionDenied:
            return "permission_denied";
        case ErrorCode::kUnavailable:
            return "unavailable";
        case ErrorCode::kTimeout:
            return "timeout";
        case ErrorCode::kSchemaMismatch:
            return "schema_mismatch";
        case ErrorCode::kForeignIncarnation:
            return "foreign_incarnation";
        case ErrorCode::kPositionTooOld:
            return "position_too_old";
        case ErrorCode::kIo:
            return "io";
        case ErrorCode::kInternal:
            return "internal";
    }
    return "internal";
}

unsigned http_status(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::kInvalidArgument:
            return 400;
        case ErrorCode::kNotFound:
            return 404;
        case ErrorCode::kConflict:
            return 409;
        case ErrorCode::kPermissionDenied:
            return 403;
        case ErrorCode::kUnavailable:
            return 503;
        case ErrorCode::kTimeout:
            return 504;
        case ErrorCode::kForeignIncarnation:
            return 409;
        case ErrorCode::kPositionTooOld:
            return 410;
        case ErrorCode::kSchemaMismatch:
        case ErrorCode::kIo:
        case ErrorCode::kInternal:
            return 500;
    }
    return 500;
}

int exit_code(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::kInvalidArgument:
            return 2;
        case ErrorCode::kUnavailable:
            return 11;
        case ErrorCode::kSchemaMismatch:
            return 12;
        default:
            return 1;
    }
}

namespace {

/// What follows begins a new one.
void end_sentence(std::string& text) {
    if (!text.empty() && std::string_view{".:;!?"}.find(text.back()) == std::string_view::npos) {
        text += '.';
    }
}

}  // namespace

std::string describe(const Error& error) {
    std::string text = error.message;
    if (!error.sqlstate.empty()) {
        text += " (SQLSTATE " + error.sqlstate + ")";
    }
    if (!error.detail.empty()) {
        end_sentence(text);
        text += " Detail: " + error.detail;
    }
    if (!error.hint.empty()) {
        end_sentence(text);
        text += " Hint: " + error.hint;
    }
    return text;
}

std::ostream& operator<<(std::ostream& out, const Error& error) {
    return out << describe(error);
}

}  // namespace stockd::base
